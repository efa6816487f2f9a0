package operators

// knownColumns says which output columns an error of a side or of a pair determines: those that have its value in
// every output row that the error could concern. An inner join equates the keys, so an error of one side knows the
// other's key columns too. Behind a left join an error of the right concerns the left rows with its key, whether
// they are padded or not; behind a full join it concerns padded rows of both sides, which have nothing in common.
func (j *Join) knownColumns() {
	nl, nr := len(j.l.part.Cols), len(j.r.part.Cols)
	n := nl + nr
	if !j.spec.Kind.pairs() {
		n = nl
	}
	j.l.from, j.r.from, j.failAt = unknown(n), unknown(n), unknown(n)
	if j.spec.Kind == Full {
		return
	}
	copy(j.l.from, allCols(nl))
	copy(j.failAt, j.l.from)
	if j.spec.Kind == Inner {
		for i := range nr {
			j.r.from[nl+i], j.failAt[nl+i] = i, nl+i
		}
	}
	if j.spec.Kind == AntiNull {
		return
	}
	for i := range j.spec.NKeys {
		l, r := j.l.side.A.Key[i].Col, j.r.side.A.Key[i].Col
		j.r.from[l] = r
		if j.spec.Kind == Inner {
			j.l.from[nl+r] = l
		}
	}
}

func unknown(n int) []int {
	from := make([]int, n)
	for i := range from {
		from[i] = -1
	}
	return from
}

// passErrors emits the change of the sides' errors.
func (j *Join) passErrors() error {
	if len(j.l.side.errs)+len(j.r.side.errs) == 0 {
		return nil
	}
	b := errsOnly(j.pair.Types()[:len(j.l.from)], nil)
	for i := range j.l.side.errs {
		b.Errs = append(b.Errs, mapErr(&j.l.side.errs[i], j.l.from))
	}
	for i := range j.r.side.errs {
		b.Errs = append(b.Errs, mapErr(&j.r.side.errs[i], j.r.from))
	}
	return j.out(b)
}
