package expr

func jsonDefs() []def { return nil }
