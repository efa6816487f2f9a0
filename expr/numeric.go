package expr

func numericDefs() []def { return nil }
