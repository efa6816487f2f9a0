package expr

func byteaDefs() []def { return nil }
