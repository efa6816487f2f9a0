package tpch

import (
	"math/rand/v2"
	"strconv"
	"strings"
)

func words(s string) []string { return strings.Fields(s) }

// The word lists of clauses 4.2.2.12 and 4.2.2.13.
var (
	regions = []string{"AFRICA", "AMERICA", "ASIA", "EUROPE", "MIDDLE EAST"}
	nations = []struct {
		name   string
		region int
	}{
		{"ALGERIA", 0}, {"ARGENTINA", 1}, {"BRAZIL", 1}, {"CANADA", 1}, {"EGYPT", 4}, {"ETHIOPIA", 0}, {"FRANCE", 3}, {"GERMANY", 3}, {"INDIA", 2},
		{"INDONESIA", 2}, {"IRAN", 4}, {"IRAQ", 4}, {"JAPAN", 2}, {"JORDAN", 4}, {"KENYA", 0}, {"MOROCCO", 0}, {"MOZAMBIQUE", 0}, {"PERU", 1},
		{"CHINA", 2}, {"ROMANIA", 3}, {"SAUDI ARABIA", 4}, {"VIETNAM", 2}, {"RUSSIA", 3}, {"UNITED KINGDOM", 3}, {"UNITED STATES", 1},
	}
	types = [3][]string{
		words("STANDARD SMALL MEDIUM LARGE ECONOMY PROMO"),
		words("ANODIZED BURNISHED PLATED POLISHED BRUSHED"),
		words("TIN NICKEL BRASS STEEL COPPER"),
	}
	containers   = [2][]string{words("SM LG MED JUMBO WRAP"), words("CASE BOX BAG JAR PKG PACK CAN DRUM")}
	segments     = words("AUTOMOBILE BUILDING FURNITURE MACHINERY HOUSEHOLD")
	priorities   = []string{"1-URGENT", "2-HIGH", "3-MEDIUM", "4-NOT SPECIFIED", "5-LOW"}
	instructions = []string{"DELIVER IN PERSON", "COLLECT COD", "NONE", "TAKE BACK RETURN"}
	modes        = []string{"REG AIR", "AIR", "RAIL", "SHIP", "TRUCK", "MAIL", "FOB"}
	colours      = words(`almond antique aquamarine azure beige bisque black blanched blue blush brown burlywood burnished chartreuse chiffon chocolate
		coral cornflower cornsilk cream cyan dark deep dim dodger drab firebrick floral forest frosted gainsboro ghost goldenrod green grey honeydew hot
		indian ivory khaki lace lavender lawn lemon light lime linen magenta maroon medium metallic midnight mint misty moccasin navajo navy olive
		orange orchid pale papaya peach peru pink plum powder puff purple red rose rosy royal saddle salmon sandy seashell sienna sky slate smoke snow
		spring steel tan thistle tomato turquoise violet wheat white yellow`)

	nouns = words(`foxes ideas theodolites instructions dependencies excuses platelets asymptotes courts dolphins multipliers sauternes warthogs frets
		dinos attainments somas braids hockey realms pearls sentiments accounts deposits packages requests pinto`)
	verbs = words(`sleep wake are cajole haggle nag use boost affix detect integrate maintain nod was lose sublate solve thrash promise engage hinder
		print x-ray breach eat grow impress mold poach serve run dazzle snooze doze unwind kindle play hang believe doubt`)
	adjectives = words(`furious sly careful blithe quick fluffy slow quiet ruthless thin close dogged daring brave stealthy permanent enticing idle busy
		regular final ironic even bold silent special pending express unusual`)
	adverbs = words(`sometimes always never furiously slyly carefully blithely quickly fluffily slowly quietly ruthlessly thinly closely doggedly daringly
		bravely stealthily permanently enticingly idly busily regularly finally ironically evenly boldly silently`)
	prepositions = words(`about above across after against along among around at atop before behind beneath beside besides between beyond by despite
		during except for from inside into near of on outside over past since through throughout to toward under until up upon without with within`)
	letters = []byte("0123456789abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ,")
)

// random is a stream of a row's random values.
type random struct{ *rand.Rand }

// seeded is the stream of row n of what: a row does not depend on those before it.
func seeded(what, n int64) random { return random{rand.New(rand.NewPCG(uint64(what), uint64(n)))} }

// between is uniform, both ends included.
func (r random) between(lo, hi int) int { return lo + r.IntN(hi-lo+1) }

func (r random) of(list []string) string { return list[r.IntN(len(list))] }

// text is a piece of prose, of 0.4 to 1.6 times the average length.
func (r random) text(average int) string {
	want := r.between(average*4/10, average*16/10)
	var b strings.Builder
	for b.Len() < want+20 { // what is before the cut
		for _, list := range [][]string{adjectives, nouns, verbs, adverbs, prepositions, adjectives, nouns} {
			b.WriteString(r.of(list))
			b.WriteByte(' ')
		}
	}
	from := r.IntN(20)
	return b.String()[from : from+want]
}

// letters is a string of random letters, of 0.4 to 1.6 times the average length.
func (r random) letters(average int) string {
	b := make([]byte, r.between(average*4/10, average*16/10))
	for i := range b {
		b[i] = letters[r.IntN(len(letters))]
	}
	return string(b)
}

func (r random) phone(nation int) string {
	return strconv.Itoa(10+nation) + "-" + strconv.Itoa(r.between(100, 999)) + "-" + strconv.Itoa(r.between(100, 999)) + "-" + strconv.Itoa(r.between(1000, 9999))
}

// line is a row being written.
type line struct{ b []byte }

func (l *line) text(s string) *line {
	if len(l.b) > 0 {
		l.b = append(l.b, '|')
	}
	l.b = append(l.b, s...)
	return l
}

func (l *line) int(n int) *line { return l.text(strconv.Itoa(n)) }

// money is an amount in cents.
func (l *line) money(cents int) *line {
	sign := ""
	if cents < 0 {
		sign, cents = "-", -cents
	}
	return l.text(sign + strconv.Itoa(cents/100) + "." + string([]byte{'0' + byte(cents/10%10), '0' + byte(cents%10)}))
}

func (l *line) String() string { return string(l.b) }
