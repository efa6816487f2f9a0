package datetime

// The kinds of fields of a date or time, as bits of the masks that say what was seen. The numbers are PostgreSQL's.
const (
	fReserved = iota
	fMonth
	fYear
	fDay
	fJulian
	fTZ
	fDTZ
	fDynTZ
	fIgnore
	fAMPM
	fHour
	fMinute
	fSecond
	fMilli
	fMicro
	fDOY
	fDOW
	fUnits
	fADBC
	fAgo
	_
	_
	_
	fISOTime
	fWeek
	fDecade
	fCentury
	fMillennium
	fDTZMod
	fUnknown = 31
)

func bit(f int) uint32 { return 1 << f }

const (
	maskDate    = 1<<fYear | 1<<fMonth | 1<<fDay
	maskSeconds = 1<<fSecond | 1<<fMilli | 1<<fMicro
	maskTime    = 1<<fHour | 1<<fMinute | maskSeconds
)

// The values of reserved words and units.
const (
	vNow = iota + 1
	vYesterday
	vToday
	vTomorrow
	vZulu
	vEpoch
	vLate
	vEarly

	vAM
	vPM
	vBC
	vAD

	uYear
	uMonth
	uDay
	uHour
	uMinute
	uSecond
	uJulian
	uTime
	uTZ
	uMilli
	uMicro
	uWeek
	uDecade
	uCentury
	uMillennium
	uQuarter
)

type word struct {
	kind  int
	value int
}

// dateWords are the words of dates and times; a word counts by its first ten letters.
var dateWords = map[string]word{
	"-infinity": {fReserved, vEarly},
	"ad":        {fADBC, vAD},
	"allballs":  {fReserved, vZulu},
	"am":        {fAMPM, vAM},
	"apr":       {fMonth, 4},
	"april":     {fMonth, 4},
	"at":        {fIgnore, 0},
	"aug":       {fMonth, 8},
	"august":    {fMonth, 8},
	"bc":        {fADBC, vBC},
	"d":         {fUnits, uDay},
	"dec":       {fMonth, 12},
	"december":  {fMonth, 12},
	"dow":       {fUnits, 0},
	"doy":       {fUnits, 0},
	"dst":       {fDTZMod, 3600},
	"epoch":     {fReserved, vEpoch},
	"feb":       {fMonth, 2},
	"february":  {fMonth, 2},
	"fri":       {fDOW, 5},
	"friday":    {fDOW, 5},
	"h":         {fUnits, uHour},
	"infinity":  {fReserved, vLate},
	"isodow":    {fUnits, 0},
	"isoyear":   {fUnits, 0},
	"j":         {fUnits, uJulian},
	"jan":       {fMonth, 1},
	"january":   {fMonth, 1},
	"jd":        {fUnits, uJulian},
	"jul":       {fMonth, 7},
	"julian":    {fUnits, uJulian},
	"july":      {fMonth, 7},
	"jun":       {fMonth, 6},
	"june":      {fMonth, 6},
	"m":         {fUnits, uMonth},
	"mar":       {fMonth, 3},
	"march":     {fMonth, 3},
	"may":       {fMonth, 5},
	"mm":        {fUnits, uMinute},
	"mon":       {fDOW, 1},
	"monday":    {fDOW, 1},
	"nov":       {fMonth, 11},
	"november":  {fMonth, 11},
	"now":       {fReserved, vNow},
	"oct":       {fMonth, 10},
	"october":   {fMonth, 10},
	"on":        {fIgnore, 0},
	"pm":        {fAMPM, vPM},
	"s":         {fUnits, uSecond},
	"sat":       {fDOW, 6},
	"saturday":  {fDOW, 6},
	"sep":       {fMonth, 9},
	"sept":      {fMonth, 9},
	"september": {fMonth, 9},
	"sun":       {fDOW, 0},
	"sunday":    {fDOW, 0},
	"t":         {fISOTime, uTime},
	"thu":       {fDOW, 4},
	"thur":      {fDOW, 4},
	"thurs":     {fDOW, 4},
	"thursday":  {fDOW, 4},
	"today":     {fReserved, vToday},
	"tomorrow":  {fReserved, vTomorrow},
	"tue":       {fDOW, 2},
	"tues":      {fDOW, 2},
	"tuesday":   {fDOW, 2},
	"wed":       {fDOW, 3},
	"wednesday": {fDOW, 3},
	"weds":      {fDOW, 3},
	"y":         {fUnits, uYear},
	"yesterday": {fReserved, vYesterday},
}

// unitWords are the words of intervals.
var unitWords = map[string]word{
	"@":          {fIgnore, 0},
	"ago":        {fAgo, 0},
	"c":          {fUnits, uCentury},
	"cent":       {fUnits, uCentury},
	"centuries":  {fUnits, uCentury},
	"century":    {fUnits, uCentury},
	"d":          {fUnits, uDay},
	"day":        {fUnits, uDay},
	"days":       {fUnits, uDay},
	"dec":        {fUnits, uDecade},
	"decade":     {fUnits, uDecade},
	"decades":    {fUnits, uDecade},
	"decs":       {fUnits, uDecade},
	"h":          {fUnits, uHour},
	"hour":       {fUnits, uHour},
	"hours":      {fUnits, uHour},
	"hr":         {fUnits, uHour},
	"hrs":        {fUnits, uHour},
	"m":          {fUnits, uMinute},
	"microsecon": {fUnits, uMicro},
	"mil":        {fUnits, uMillennium},
	"millennia":  {fUnits, uMillennium},
	"millennium": {fUnits, uMillennium},
	"millisecon": {fUnits, uMilli},
	"mils":       {fUnits, uMillennium},
	"min":        {fUnits, uMinute},
	"mins":       {fUnits, uMinute},
	"minute":     {fUnits, uMinute},
	"minutes":    {fUnits, uMinute},
	"mon":        {fUnits, uMonth},
	"mons":       {fUnits, uMonth},
	"month":      {fUnits, uMonth},
	"months":     {fUnits, uMonth},
	"ms":         {fUnits, uMilli},
	"msec":       {fUnits, uMilli},
	"msecond":    {fUnits, uMilli},
	"mseconds":   {fUnits, uMilli},
	"msecs":      {fUnits, uMilli},
	"qtr":        {fUnits, uQuarter},
	"quarter":    {fUnits, uQuarter},
	"s":          {fUnits, uSecond},
	"sec":        {fUnits, uSecond},
	"second":     {fUnits, uSecond},
	"seconds":    {fUnits, uSecond},
	"secs":       {fUnits, uSecond},
	"us":         {fUnits, uMicro},
	"usec":       {fUnits, uMicro},
	"usecond":    {fUnits, uMicro},
	"useconds":   {fUnits, uMicro},
	"usecs":      {fUnits, uMicro},
	"w":          {fUnits, uWeek},
	"week":       {fUnits, uWeek},
	"weeks":      {fUnits, uWeek},
	"y":          {fUnits, uYear},
	"year":       {fUnits, uYear},
	"years":      {fUnits, uYear},
	"yr":         {fUnits, uYear},
	"yrs":        {fUnits, uYear},
}

const maxWord = 10

func lookup(words map[string]word, s string) (word, bool) {
	if len(s) > maxWord {
		s = s[:maxWord]
	}
	w, ok := words[s]
	return w, ok
}
