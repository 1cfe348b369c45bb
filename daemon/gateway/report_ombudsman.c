/* What the Ombudsman decided: its findings by its own list, what it asked for and whether that was
 * done in time, its failure notices. They count by the day of its letter, for it looks at a
 * complaint long after it came, and are printed whole in a report that is to be published: they are
 * about the landlord, and the Ombudsman publishes them itself. What was paid to a few is not, nor
 * which case it was.
 */
#include <inttypes.h>
#include <string.h>

#include "redress/gateway/report_cells.h"
#include "redress/store/ombudsman.h"

struct decreed {
	struct rd_decree *all;
	size_t n;
	const struct rd_failure_notice *notices; /* of the landlord, of any day */
	size_t n_notices;
	struct rd_date from, to;
};

static bool is_of_days(const struct decreed *d, const struct rd_failure_notice *notice)
{
	return rd_date_compare(notice->day, d->from) >= 0 &&
	       rd_date_compare(notice->day, d->to) <= 0;
}

struct sums {
	int64_t found[RD_N_OMBUDSMAN_FINDINGS];
	int64_t findings, determinations, against, judged;
	int64_t of[RD_N_DECREED];
	int64_t in_time, late, overdue, running; /* orders */
	int64_t pence, paid_for;
};

static bool is_judgement(enum rd_ombudsman_finding finding)
{
	return finding != RD_OUTSIDE_JURISDICTION && finding != RD_FINDING_WITHDRAWN;
}

/* Several findings of one letter about one case are one determination. */
static bool is_first_of_letter(const struct decreed *d, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (d->all[i].what == RD_DECREED_FINDING &&
			d->all[i].case_id == d->all[at].case_id &&
			rd_date_compare(d->all[i].day, d->all[at].day) == 0)
			return false;
	return true;
}

static void add_order(struct sums *s, const struct rd_decree *order, struct rd_date today)
{
	const bool done = rd_date_is_set(order->done);
	const bool passed = rd_date_compare(done ? order->done : today, order->due) > 0;

	s->in_time += done && !passed;
	s->late += done && passed;
	s->overdue += !done && passed;
	s->running += !done && !passed;
	s->pence += order->pence;
	s->paid_for += order->pence != 0;
}

static struct sums sum_of(const struct decreed *d, struct rd_date today)
{
	struct sums s = { .findings = 0 };

	for (size_t i = 0; i < d->n; i++) {
		const struct rd_decree *decree = &d->all[i];

		s.of[decree->what]++;
		if (decree->what == RD_DECREED_ORDER)
			add_order(&s, decree, today);
		if (decree->what != RD_DECREED_FINDING)
			continue;
		s.findings++;
		s.found[decree->finding]++;
		s.determinations += is_first_of_letter(d, i);
		s.judged += is_judgement(decree->finding);
		s.against += decree->finding <= RD_SERVICE_FAILURE;
	}
	for (size_t i = 0; i < d->n_notices; i++)
		s.of[RD_DECREED_NOTICE] += is_of_days(d, &d->notices[i]);
	return s;
}

static void put_both(const struct rd_report_made *m, struct rd_report_table *t, const char *label,
	struct rd_cell now, struct rd_cell before)
{
	rd_report_add(t, label, now, rd_cell_if_known(m->report->before_known, before));
}

static struct rd_cell pounds_of(const struct rd_report_made *m, const struct sums *s)
{
	return rd_cell_of_enough(m, rd_cell_pounds(s->pence), (size_t)s->paid_for);
}

static void put_sums(struct rd_report_made *m, const struct sums *now, const struct sums *before)
{
	struct rd_report_table *t = rd_report_begin(m, "ombudsman", "The Ombudsman's decisions",
		"As staff recorded them, by the day of the Ombudsman's letter and whenever the "
		"complaint came. Each part of a complaint that was looked at has a finding of its "
		"own; a letter about one case is one determination. Against us: maladministration, "
		"severe or not, and service failure, of the findings that are a judgement.",
		RD_N_OMBUDSMAN_FINDINGS + 11);

#define BOTH(label, field)                                                                         \
	put_both(m, t, label, rd_cell_count(now->field), rd_cell_count(before->field))
	rd_report_add_column(t, "measure", "Finding");
	rd_report_add_column(t, "now", "Total");
	rd_report_add_column(t, "before", "Before");
	for (int i = 0; i < RD_N_OMBUDSMAN_FINDINGS; i++)
		BOTH(rd_ombudsman_finding_words[i], found[i]);
	BOTH("All findings", findings);
	BOTH("Determinations", determinations);
	put_both(m, t, "Findings against us", rd_cell_share(now->against, now->judged),
		rd_cell_share(before->against, before->judged));
	BOTH("Orders", of[RD_DECREED_ORDER]);
	BOTH("Orders done in time", in_time);
	BOTH("Orders done late", late);
	BOTH("Orders not done, overdue", overdue);
	BOTH("Orders not done, not due yet", running);
	put_both(m, t, "Compensation ordered", pounds_of(m, now), pounds_of(m, before));
	BOTH("Recommendations", of[RD_DECREED_RECOMMENDATION]);
	BOTH("Complaint Handling Failure Notices", of[RD_DECREED_NOTICE]);
#undef BOTH
}

static struct rd_cell day_cell(const struct rd_report_made *m, struct rd_date day)
{
	char text[RD_DATE_MAX];

	if (!rd_date_is_set(day))
		return rd_cell_text("");
	return rd_cell_text(rd_arena_strdup(m->arena, rd_date_format(day, text)));
}

/* One row each, with the reference: for the board, not for the public. */
static void put_each(struct rd_report_made *m, const struct decreed *d)
{
	struct rd_report_table *t = rd_report_begin(m, "ombudsman_cases",
		"The Ombudsman's decisions, one by one", "", d->n + d->n_notices);

	rd_report_add_column(t, "case", "Case");
	rd_report_add_column(t, "what", "Finding, order or notice");
	rd_report_add_column(t, "day", "Of");
	rd_report_add_column(t, "due", "To be done by");
	rd_report_add_column(t, "done", "Done on");
	rd_report_add_column(t, "pounds", "Pounds");
	for (size_t i = 0; i < d->n; i++) {
		const struct rd_decree *decree = &d->all[i];
		struct rd_cell *cells = rd_report_add_row(t, decree->reference);

		if (cells == NULL)
			return;
		cells[1] = rd_cell_text(rd_decree_words(decree));
		cells[2] = day_cell(m, decree->day);
		cells[3] = day_cell(m, decree->due);
		cells[4] = day_cell(m, decree->done);
		cells[5] = decree->pence != 0 ? rd_cell_pounds(decree->pence) : rd_cell_text("");
	}
	for (size_t i = 0; i < d->n_notices; i++) {
		const struct rd_failure_notice *notice = &d->notices[i];
		struct rd_cell *cells =
			is_of_days(d, notice) ? rd_report_add_row(t, "no single case") : NULL;

		if (cells == NULL)
			continue;
		cells[1] = rd_cell_text(rd_decreed_words[RD_DECREED_NOTICE]);
		cells[2] = day_cell(m, notice->day);
		cells[3] = day_cell(m, notice->due);
		cells[4] = day_cell(m, notice->done);
		cells[5] = rd_cell_text("");
	}
}

enum rd_rc rd_report_ombudsman(struct rd_report_made *m, struct rd_err *err)
{
	const struct rd_report *r = m->report;
	struct decreed now = { .from = r->from, .to = r->to };
	struct decreed before = { .from = r->before_from, .to = r->before_to };
	struct rd_failure_notice *notices;

	if (!m->decrees_known)
		return RD_OK;
	RD_TRY(rd_failure_notice_list(m->db, r->landlord, m->arena, &notices, &now.n_notices, err));
	now.notices = before.notices = notices;
	before.n_notices = now.n_notices;
	RD_TRY(rd_decrees_of_days(
		m->db, r->landlord, r->from, r->to, m->arena, &now.all, &now.n, err));
	RD_TRY(rd_decrees_of_days(m->db, r->landlord, r->before_from, r->before_to, m->arena,
		&before.all, &before.n, err));
	const struct sums a = sum_of(&now, r->today), b = sum_of(&before, r->today);
	put_sums(m, &a, &b);
	if (!r->publish && (now.n > 0 || a.of[RD_DECREED_NOTICE] > 0))
		put_each(m, &now);
	return RD_OK;
}
