package expr

func numberFormatDefs() []def { return nil }
