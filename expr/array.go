package expr

func arrayDefs() []def { return nil }
