package expr

func patternDefs() []def { return nil }
