package expr

func textDefs() []def { return nil }
