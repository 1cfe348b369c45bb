/* A report: its days, its tables in their order, and what must be said with them. */
#include "redress/gateway/report.h"

#include <string.h>

#include "redress/gateway/report_tables.h"
#include "redress/store/ombudsman.h"

const char *const rd_report_names[RD_N_REPORTS + 1] = { "quarter", "year", "tsm", NULL };

/* --- days --- */

static void quarter_of(int year, int quarter, struct rd_date *ret_from, struct rd_date *ret_to)
{
	*ret_from = rd_report_month(year, 4 + 3 * (quarter - 1));
	*ret_to = rd_date_add(rd_report_month(year, 4 + 3 * quarter), -1);
}

void rd_report_period(enum rd_report_kind kind, int year, int quarter, struct rd_date today,
	struct rd_date *ret_from, struct rd_date *ret_to)
{
	/* The year and quarter that today lies in: the ones before are over. */
	const int this_year = today.month >= 4 ? today.year : today.year - 1;
	const int this_quarter = today.month >= 4 ? (today.month - 1) / 3 : 4;

	if (kind == RD_REPORT_QUARTER && quarter == 0 && year == 0) {
		quarter = this_quarter == 1 ? 4 : this_quarter - 1;
		year = this_quarter == 1 ? this_year - 1 : this_year;
	} else if (year == 0) {
		year = quarter == 0 || quarter >= this_quarter ? this_year - 1 : this_year;
	}
	if (quarter != 0) {
		quarter_of(year, quarter, ret_from, ret_to);
		return;
	}
	*ret_from = rd_report_month(year, 4);
	*ret_to = rd_date_add(rd_report_month(year + 1, 4), -1);
}

static bool is_first(struct rd_date day)
{
	return day.day == 1;
}

/* Whole months, such as a quarter or a year, are compared with as many months before; other
 * stretches with as many days. */
static void set_before(struct rd_report *report)
{
	const struct rd_date next = rd_date_add(report->to, 1);
	int months = (next.year - report->from.year) * 12 + next.month - report->from.month;

	report->before_to = rd_date_add(report->from, -1);
	if (is_first(report->from) && is_first(next) && months > 0) {
		const int at = report->from.year * 12 + report->from.month - 1 - months;

		report->before_from = rd_report_month(at / 12, at % 12 + 1);
	} else {
		report->before_from = rd_date_add(
			report->from, -(rd_date_days_between(report->from, report->to) + 1));
	}
}

static const char *const months[] = { "January", "February", "March", "April", "May", "June",
	"July", "August", "September", "October", "November", "December" };

/* Whole months side by side, up to the most that stand beside one another: then quarters. */
size_t rd_report_parts(const struct rd_report *report,
	struct rd_slice parts[static RD_REPORT_PERIODS_MAX],
	const char *labels[static RD_REPORT_PERIODS_MAX], struct rd_arena *arena)
{
	const int span = rd_date_days_between(report->from, report->to) + 1;
	const int step = span > 7 * 31 ? 3 : 1;
	struct rd_date at = report->from;
	size_t n = 0;

	while (n < RD_REPORT_PERIODS_MAX && rd_date_compare(at, report->to) <= 0) {
		struct rd_date end = rd_date_add(rd_report_month(at.year, at.month + step), -1);

		if (n + 1 == RD_REPORT_PERIODS_MAX || rd_date_compare(end, report->to) > 0)
			end = report->to;
		parts[n] = (struct rd_slice){ .from = at, .to = end, .channel = -1 };
		labels[n] =
			end.month == at.month && end.year == at.year
				? rd_arena_printf(arena, "%s %d", months[at.month - 1], at.year)
				: rd_arena_printf(arena, "%.3s to %.3s %d", months[at.month - 1],
					  months[end.month - 1], end.year);
		n++;
		at = rd_date_add(end, 1);
	}
	return n;
}

bool rd_report_was_kept(const struct rd_report *report, struct rd_date from, struct rd_date to)
{
	return rd_date_is_set(report->since) && rd_date_compare(to, report->since) >= 0 &&
	       rd_date_compare(from, report->today) <= 0;
}

/* Days of which no case was kept: what was counted of them is nought and says nothing. */
static void forget(struct rd_report *report)
{
	for (size_t i = 0; i < report->n_tables; i++) {
		struct rd_report_table *t = &report->tables[i];

		for (size_t at = 0; at < t->n_rows * t->n_columns && t->cells != NULL; at++) {
			const char *label = t->cells[at - at % t->n_columns].text;
			const bool stays = t->cells[at].kind == RD_CELL_TEXT ||
					   strcmp(t->columns[at % t->n_columns], "before") == 0 ||
					   (label != NULL && strcmp(label, RD_REPORT_HOMES) == 0);

			if (!stays)
				t->cells[at] = (struct rd_cell){ .kind = RD_CELL_UNKNOWN };
		}
	}
}

/* --- what must be said with it --- */

static void say_note(struct rd_report_made *m, const char *text)
{
	if (m->report->n_notes < RD_REPORT_UNKNOWN_MAX && text != NULL)
		m->report->notes[m->report->n_notes++] = text;
}

static void say_unknown(struct rd_report_made *m, const char *what, const char *why)
{
	RD_ASSERT(m->report->n_unknown < RD_REPORT_UNKNOWN_MAX);
	m->report->unknown[m->report->n_unknown][0] = what;
	m->report->unknown[m->report->n_unknown++][1] = why;
}

static void say_what_is_not_known(struct rd_report_made *m)
{
	if (!rd_report_was_kept(m->report, m->report->from, m->report->to))
		say_unknown(m, "Every figure of these days",
			rd_date_compare(m->report->from, m->report->today) > 0
				? "they are still to come"
				: "the gateway kept no cases yet");
	if (m->ask->homes == 0)
		say_unknown(m, "CH01",
			"the number of homes is not known: write `Homes:` into the configuration");
	if (!m->known.answers)
		say_unknown(m, "Answers at stage 1, CH02 and days to the answer",
			"no answer was ever recorded here");
	if (!m->known.stage2)
		say_unknown(m, "Stage 2", "no request for stage 2 was ever recorded here");
	if (!m->known.extensions)
		say_unknown(m, "Extensions and their reasons", "none was ever recorded here");
	if (!m->report->before_known)
		say_unknown(m, "The days before", "the gateway did not keep all of their cases");
	if (!m->known.found)
		say_unknown(m, "Upheld, upheld in part, not upheld",
			"what an answer found was never recorded here");
	if (!m->known.ended)
		say_unknown(m, "Refused and excluded complaints, with reasons; withdrawn ones",
			"none was ever recorded here");
	if (!m->known.referred)
		say_unknown(m, "Cases with the Ombudsman", "none was ever recorded here");
	if (!m->decrees_known)
		say_unknown(m, "The Ombudsman's findings, orders and failure notices",
			"none was ever recorded here (`case ombudsman`, `notices`)");
	if (!m->known.compensation)
		say_unknown(m, "Compensation", "none was ever recorded here");
	say_unknown(m, "Other remedies than compensation", "they are not counted here");
	if (!m->known.tenure)
		say_unknown(m, "Figures by tenure (LCRA and LCHO apart)",
			"the contacts file tells no tenure (its column `tenure`): leaseholders and "
			"others outside the measures are counted too");
	else if (m->ask->homes_of[RD_TENURE_LCRA] == 0 || m->ask->homes_of[RD_TENURE_LCHO] == 0)
		say_unknown(m, "CH01 by tenure",
			"the number of homes of each tenure is not known: say it with "
			"--homes-lcra and --homes-lcho");
	say_unknown(m, "Figures by team or contractor", "cases keep none");
	say_unknown(m, "Satisfaction with complaints handling (TP09)",
		"it comes from a survey, not from cases");
	say_unknown(m, "Targets and benchmarks", "they are not kept here");
	say_unknown(m, "Learning: the change made, its owner, date and effect",
		"they are not recorded here; the table of what complaints are about counts the "
		"evidence");
}

static void say_what_to_know(struct rd_report_made *m)
{
	const struct rd_report *r = m->report;
	const int64_t open = m->stage[1].answered_code.by[RD_TIMING_NOT_DUE] +
			     m->stage[2].answered_code.by[RD_TIMING_NOT_DUE];
	char day[RD_LONG_DATE_MAX];

	if (rd_date_compare(r->to, r->today) >= 0)
		say_note(m, "The time that this report is about is not over.");
	if (rd_date_is_set(r->since) && rd_date_compare(r->since, r->from) > 0)
		say_note(m, rd_arena_printf(m->arena,
				    "The gateway keeps cases since %s; what came before is not "
				    "counted.",
				    rd_date_format_long(r->since, day)));
	if (m->known.answers && open > 0)
		say_note(m, rd_arena_printf(m->arena,
				    "%lld complaint%s not answered and not due yet: the shares "
				    "answered in time will still move.",
				    (long long)open, open == 1 ? " is" : "s are"));
	if (m->known.tenure)
		say_note(m, "Tenure is what the contacts file tells today of whoever gets a "
			    "case's letters. Both measures are of LCRA and LCHO alone; the other "
			    "figures are of all complaints, whatever the tenure.");
	if (m->ask->homes != 0)
		say_note(m, "Rates go by the number of homes in the configuration, all tenures "
			    "together.");
	if (r->publish)
		say_note(m, "Small numbers (1 to 4) of the breakdowns are not shown, nor others "
			    "that would tell them.");
}

/* --- the whole --- */

static const char *title_of(const struct rd_report *report, struct rd_arena *arena)
{
	static const char *const what[RD_N_REPORTS] = { "Complaints", "Complaints",
		"Tenant satisfaction measures from case data" };
	char from[RD_LONG_DATE_MAX], to[RD_LONG_DATE_MAX];
	const char *a = rd_date_format_long(report->from, from);
	const char *b = rd_date_format_long(report->to, to);

	/* Without the day of the week. */
	a = strchr(a, ' ') != NULL ? strchr(a, ' ') + 1 : a;
	b = strchr(b, ' ') != NULL ? strchr(b, ' ') + 1 : b;
	return rd_arena_printf(arena, "%s, %s to %s", what[report->kind], a, b);
}

static enum rd_rc read_all(struct rd_report_made *m, struct rd_err *err)
{
	struct rd_report *r = m->report;
	struct rd_report_case *cases;

	m->now.calendar = m->before.calendar = m->ask->calendar;
	m->now.today = m->before.today = m->ask->today;
	m->now.arena = m->before.arena = m->arena;
	m->whole = (struct rd_slice){ .from = r->from, .to = r->to, .channel = -1 };
	m->whole_before =
		(struct rd_slice){ .from = r->before_from, .to = r->before_to, .channel = -1 };
	RD_TRY(rd_report_known(m->db, r->landlord, &m->known, err));
	RD_TRY(rd_decrees_any(m->db, r->landlord, &m->decrees_known, err));
	RD_TRY(rd_report_cases(
		m->db, r->landlord, r->from, r->to, m->arena, &cases, &m->now.n, err));
	m->now.cases = cases;
	RD_TRY(rd_report_cases(m->db, r->landlord, r->before_from, r->before_to, m->arena, &cases,
		&m->before.n, err));
	m->before.cases = cases;
	r->since = m->known.since;
	r->before_known = rd_date_is_set(r->since) &&
			  rd_date_compare(r->since, r->before_from) <= 0 &&
			  rd_date_compare(r->before_from, r->today) <= 0;
	for (int stage = 1; stage <= 2; stage++) {
		RD_TRY(rd_report_count(&m->now, &m->whole, stage, &m->stage[stage], err));
		RD_TRY(rd_report_count(
			&m->before, &m->whole_before, stage, &m->stage_before[stage], err));
	}
	return RD_OK;
}

enum rd_rc rd_report_make(struct rd_db *db, const struct rd_report_ask *ask, struct rd_arena *arena,
	struct rd_report *ret_report, struct rd_err *err)
{
	struct rd_report report = {
		.kind = ask->kind,
		.landlord = ask->landlord->name,
		.full_name = ask->landlord->full_name,
		.from = ask->from,
		.to = ask->to,
		.today = ask->today,
		.homes = ask->homes,
		.publish = ask->publish,
	};
	struct rd_report_made m = { .ask = ask, .db = db, .arena = arena, .report = &report };

	if (rd_date_compare(ask->to, ask->from) < 0)
		return rd_fail(err, RD_E_INPUT, "the last day lies before the first one");
	if (rd_date_days_between(ask->from, ask->to) >= RD_REPORT_DAYS_MAX)
		return rd_fail(
			err, RD_E_RANGE, "a report is about %d days at most", RD_REPORT_DAYS_MAX);
	report.title = title_of(&report, arena);
	set_before(&report);
	RD_TRY(read_all(&m, err));
	RD_TRY(rd_report_tables(&m, err));
	if (!rd_report_was_kept(&report, report.from, report.to))
		forget(&report);
	say_what_to_know(&m);
	say_what_is_not_known(&m);
	RD_TRY(rd_arena_overflowed(arena)
			? rd_fail(err, RD_E_RANGE,
				  "there are too many cases for one report; ask for a shorter time")
			: RD_OK);
	*ret_report = report;
	return RD_OK;
}
