package expr

func infoDefs() []def { return nil }
