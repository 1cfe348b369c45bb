/* The tables of a report. Counting is report_figures.c's. */
#include "redress/gateway/report_tables.h"

#include <stdlib.h>
#include <string.h>

#include "redress/gateway/report_cells.h"

#define TOPICS_MAX 200 /* named in one report */

struct rd_date rd_report_month(int year, int month)
{
	year += (month - 1) / 12;
	return (struct rd_date){ .year = year, .month = (month - 1) % 12 + 1, .day = 1 };
}

/* --- cells --- */

/* Of those whose finding was recorded. */
static struct rd_cell upheld(const struct rd_stage_figures *f)
{
	const int64_t wholly = f->found[RD_FOUND_UPHELD], partly = f->found[RD_FOUND_PARTLY];

	return rd_cell_share(wholly + partly, wholly + partly + f->found[RD_FOUND_NOT]);
}

static struct rd_cell mean_of(const struct rd_stage_figures *f)
{
	double sum = 0;

	for (size_t i = 0; i < f->n_days; i++)
		sum += f->days[i];
	if (f->n_days == 0)
		return rd_cell_unknown;
	return (struct rd_cell){ .kind = RD_CELL_DAYS, .value = sum / (double)f->n_days };
}

static struct rd_cell median_of(const struct rd_stage_figures *f)
{
	const size_t half = f->n_days / 2;

	if (f->n_days == 0)
		return rd_cell_unknown;
	return (struct rd_cell){ .kind = RD_CELL_DAYS,
		.value = f->n_days % 2 != 0 ? f->days[half]
					    : (f->days[half - 1] + f->days[half]) / 2.0 };
}

/* More than before; of 1: percentage points, 2: a thousand homes. */
static struct rd_cell change(struct rd_cell now, struct rd_cell before)
{
	struct rd_cell cell = { .kind = RD_CELL_CHANGE };

	if (now.kind != before.kind || now.kind == RD_CELL_UNKNOWN)
		return rd_cell_unknown;
	if (now.kind == RD_CELL_COUNT) {
		cell.value = (double)(now.n - before.n);
		return cell;
	}
	if (now.of == 0 || before.of == 0)
		return rd_cell_unknown;
	cell.of = now.kind == RD_CELL_SHARE ? 1 : 2;
	cell.value = ((double)now.n / (double)now.of - (double)before.n / (double)before.of) *
		     (cell.of == 1 ? 100 : 1000);
	return cell;
}

/* --- tables --- */

static void compare(const struct rd_report_made *m, struct rd_report_table *t, const char *label,
	struct rd_cell now, struct rd_cell before)
{
	struct rd_cell *cells = rd_report_add_row(t, label);

	if (cells == NULL)
		return;
	before = rd_cell_if_known(m->report->before_known, before);
	cells[1] = now;
	cells[2] = before;
	cells[3] = change(now, before);
}

static int64_t of_kind(const struct rd_report_cases_of *of, const struct rd_slice *days,
	enum rd_kind kind, int channel)
{
	int64_t n = 0;

	for (size_t i = 0; i < of->n; i++) {
		const struct rd_report_case *c = &of->cases[i];
		const struct rd_date day = rd_date_of(c->received_ms);

		n += c->kind == kind && (channel < 0 || (int)c->channel == channel) &&
		     rd_date_compare(day, days->from) >= 0 && rd_date_compare(day, days->to) <= 0;
	}
	return n;
}

/* Complaints without a stage: not decided yet, or not wanted as one. */
static int64_t without_stage(
	const struct rd_report_cases_of *of, const struct rd_slice *days, bool review)
{
	int64_t n = 0;

	for (size_t i = 0; i < of->n; i++) {
		const struct rd_report_case *c = &of->cases[i];
		const struct rd_date day = rd_date_of(c->received_ms);
		const bool counts =
			review ? c->status == RD_STATUS_REVIEW && c->stage == RD_STAGE_NONE
			       : c->kind == RD_COMPLAINT && c->stage == RD_STAGE_NONE &&
					 c->status != RD_STATUS_REVIEW;

		n += counts && rd_date_compare(day, days->from) >= 0 &&
		     rd_date_compare(day, days->to) <= 0;
	}
	return n;
}

static int64_t grown(const struct rd_report_cases_of *of, const struct rd_slice *days)
{
	int64_t n = 0;

	for (size_t i = 0; i < of->n; i++)
		n += of->cases[i].grew && rd_slice_holds(days, &of->cases[i], 1);
	return n;
}

static const char *const kind_heads[RD_N_KINDS] = {
	[RD_SERVICE_REQUEST] = "Service requests",
	[RD_COMPLAINT] = "Complaints",
	[RD_COMPLIMENT] = "Compliments",
	[RD_ASB_REPORT] = "Reports of antisocial behaviour",
	[RD_SURVEY_FEEDBACK] = "Answers to surveys",
	[RD_ENQUIRY] = "Enquiries",
	[RD_OTHER] = "Other matters",
};

static void make_summary(struct rd_report_made *m)
{
	const bool answers = m->known.answers, stage2 = m->known.stage2;
	const struct rd_stage_figures *f = m->stage, *b = m->stage_before;
	struct rd_report_table *t = rd_report_begin(
		m, "summary", "Summary", "Each figure for these days and for the days before.", 24);

	rd_report_add_column(t, "measure", "Measure");
	rd_report_add_column(t, "now", "Now");
	rd_report_add_column(t, "before", "Before");
	rd_report_add_column(t, "change", "Change");
	compare(m, t, "Complaints received at stage 1", rd_cell_count(f[1].received),
		rd_cell_count(b[1].received));
	compare(m, t, "Complaints taken to stage 2",
		rd_cell_if_known(stage2, rd_cell_count(f[2].received)),
		rd_cell_if_known(stage2, rd_cell_count(b[2].received)));
	compare(m, t, "Stage 1 complaints per 1,000 homes (CH01)", rd_cell_rate(m, f[1].received),
		rd_cell_rate(m, b[1].received));
	compare(m, t, "Stage 2 complaints per 1,000 homes (CH01)",
		rd_cell_if_known(stage2, rd_cell_rate(m, f[2].received)),
		rd_cell_if_known(stage2, rd_cell_rate(m, b[2].received)));
	compare(m, t, "Acknowledged within 5 working days (Code 6.2)",
		rd_cell_in_time(&f[1].acknowledged_code), rd_cell_in_time(&b[1].acknowledged_code));
	compare(m, t, "Answered at stage 1 within the Code's time (CH02)",
		rd_cell_if_known(answers, rd_cell_in_time(&f[1].answered_code)),
		rd_cell_if_known(answers, rd_cell_in_time(&b[1].answered_code)));
	compare(m, t, "Answered at stage 2 within the Code's time (CH02)",
		rd_cell_if_known(stage2, rd_cell_in_time(&f[2].answered_code)),
		rd_cell_if_known(stage2, rd_cell_in_time(&b[2].answered_code)));
	compare(m, t, "Upheld at stage 1, in whole or in part",
		rd_cell_if_known(m->known.found, upheld(&f[1])),
		rd_cell_if_known(m->known.found, upheld(&b[1])));
	compare(m, t, "Upheld at stage 2, in whole or in part",
		rd_cell_if_known(m->known.found && stage2, upheld(&f[2])),
		rd_cell_if_known(m->known.found && stage2, upheld(&b[2])));
	compare(m, t, "Dissatisfaction logged, no formal complaint wanted",
		rd_cell_count(without_stage(&m->now, &m->whole, false)),
		rd_cell_count(without_stage(&m->before, &m->whole_before, false)));
	compare(m, t, "Not decided yet: a person must look",
		rd_cell_count(without_stage(&m->now, &m->whole, true)),
		rd_cell_count(without_stage(&m->before, &m->whole_before, true)));
	compare(m, t, "Complaints that grew out of a service request",
		rd_cell_count(grown(&m->now, &m->whole)),
		rd_cell_count(grown(&m->before, &m->whole_before)));
	for (int kind = 0; kind < RD_N_KINDS; kind++)
		if (kind != RD_COMPLAINT && kind != RD_OTHER)
			compare(m, t, kind_heads[kind],
				rd_cell_count(of_kind(&m->now, &m->whole, (enum rd_kind)kind, -1)),
				rd_cell_count(of_kind(
					&m->before, &m->whole_before, (enum rd_kind)kind, -1)));
}

static void make_tsm(struct rd_report_made *m)
{
	const struct rd_stage_figures *f = m->stage;
	const bool answers = m->known.answers, stage2 = m->known.stage2;
	struct rd_report_table *t = rd_report_begin(m, "tsm", "CH01 and CH02",
		"CH01: complaints received in the period per 1,000 homes. CH02: of those, the "
		"share "
		"that was answered within the Code's time, an extension included. Both go by the "
		"complaints received in the period: CH02 settles only when the last of them is "
		"answered or overdue.",
		12);

	rd_report_add_column(t, "measure", "Measure");
	rd_report_add_column(t, "stage1", "Stage 1");
	rd_report_add_column(t, "stage2", "Stage 2");
	rd_report_add(t, RD_REPORT_HOMES,
		m->ask->homes != 0 ? rd_cell_count(m->ask->homes) : rd_cell_unknown,
		m->ask->homes != 0 ? rd_cell_count(m->ask->homes) : rd_cell_unknown);
	rd_report_add(t, "Complaints received", rd_cell_count(f[1].received),
		rd_cell_if_known(stage2, rd_cell_count(f[2].received)));
	rd_report_add(t, "CH01, per 1,000 homes", rd_cell_rate(m, f[1].received),
		rd_cell_if_known(stage2, rd_cell_rate(m, f[2].received)));
	rd_report_add(t, "Answered within the Code's time",
		rd_cell_if_known(answers, rd_cell_count(rd_timings_in_time(&f[1].answered_code))),
		rd_cell_if_known(stage2, rd_cell_count(rd_timings_in_time(&f[2].answered_code))));
	rd_report_add(t, "Not due yet",
		rd_cell_if_known(answers, rd_cell_count(f[1].answered_code.by[RD_TIMING_NOT_DUE])),
		rd_cell_if_known(stage2, rd_cell_count(f[2].answered_code.by[RD_TIMING_NOT_DUE])));
	rd_report_add(t, "CH02", rd_cell_if_known(answers, rd_cell_in_time(&f[1].answered_code)),
		rd_cell_if_known(stage2, rd_cell_in_time(&f[2].answered_code)));
}

static void put_timings(struct rd_report_table *t, const char *const labels[RD_N_TIMINGS],
	const struct rd_timings *first, bool know_first, const struct rd_timings *second,
	bool know_second)
{
	for (int i = 0; i < RD_N_TIMINGS; i++)
		if (labels[i] != NULL)
			rd_report_add(t, labels[i],
				rd_cell_if_known(know_first, rd_cell_count(first->by[i])),
				rd_cell_if_known(know_second, rd_cell_count(second->by[i])));
}

static void make_stages(struct rd_report_made *m)
{
	static const char *const answered[RD_N_TIMINGS] = {
		[RD_TIMING_IN_TIME] = "Answered in time, without an extension",
		[RD_TIMING_EXTENDED] = "Answered in time, after an extension",
		[RD_TIMING_LATE] = "Answered late",
		[RD_TIMING_OVERDUE] = "Overdue, not answered",
		[RD_TIMING_NOT_DUE] = "Answer not due yet",
		[RD_TIMING_UNRECORDED] = "Closed without an answer that is recorded",
	};
	static const char *const found[RD_N_FOUND] = {
		[RD_FOUND_UPHELD] = "Upheld",
		[RD_FOUND_PARTLY] = "Upheld in part",
		[RD_FOUND_NOT] = "Not upheld",
	};
	static const char *const acknowledged[RD_N_TIMINGS] = {
		[RD_TIMING_LATE] = "Acknowledged late",
		[RD_TIMING_OVERDUE] = "Overdue, not acknowledged",
		[RD_TIMING_NOT_DUE] = "Acknowledgement not due yet",
		[RD_TIMING_UNRECORDED] = "Closed without an acknowledgement",
	};
	const struct rd_stage_figures *one = &m->stage[1], *two = &m->stage[2];
	const bool answers = m->known.answers, stage2 = m->known.stage2;
	struct rd_report_table *t = rd_report_begin(m, "stages", "By stage",
		"Stage 1 by the day of receipt, stage 2 by the day on which it was asked for. How "
		"each of them went is told by the Code's dates, but where our policy is named.",
		40);

	rd_report_add_column(t, "measure", "Measure");
	rd_report_add_column(t, "stage1", "Stage 1");
	rd_report_add_column(t, "stage2", "Stage 2");
	rd_report_add(t, "Received", rd_cell_count(one->received),
		rd_cell_if_known(stage2, rd_cell_count(two->received)));
	rd_report_add(t, "Open, not answered", rd_cell_if_known(answers, rd_cell_count(one->open)),
		rd_cell_if_known(stage2, rd_cell_count(two->open)));
	rd_report_add(t, "Closed", rd_cell_count(one->closed),
		rd_cell_if_known(stage2, rd_cell_count(two->closed)));
	rd_report_add(t, "Refused",
		rd_cell_if_known(
			m->known.ended, rd_cell_small(m, rd_cell_count(one->not_taken_on))),
		rd_cell_if_known(m->known.ended && stage2,
			rd_cell_small(m, rd_cell_count(two->not_taken_on))));
	rd_report_add(t, "Withdrawn",
		rd_cell_if_known(m->known.ended, rd_cell_small(m, rd_cell_count(one->withdrawn))),
		rd_cell_if_known(
			m->known.ended && stage2, rd_cell_small(m, rd_cell_count(two->withdrawn))));
	rd_report_add(t, "Extended",
		rd_cell_if_known(
			m->known.extensions, rd_cell_small(m, rd_cell_count(one->extended))),
		rd_cell_if_known(m->known.extensions && stage2,
			rd_cell_small(m, rd_cell_count(two->extended))));
	rd_report_add(t, "Acknowledged within 5 working days",
		rd_cell_in_time(&one->acknowledged_code),
		rd_cell_if_known(stage2, rd_cell_in_time(&two->acknowledged_code)));
	put_timings(
		t, acknowledged, &one->acknowledged_code, true, &two->acknowledged_code, stage2);
	rd_report_add(t, "Acknowledged in time by our policy",
		rd_cell_in_time(&one->acknowledged_policy),
		rd_cell_if_known(stage2, rd_cell_in_time(&two->acknowledged_policy)));
	rd_report_add(
		t, "Defined in time by a person", rd_cell_in_time(&one->defined), rd_cell_unknown);
	rd_report_add(t, "Answered within the Code's time",
		rd_cell_if_known(answers, rd_cell_in_time(&one->answered_code)),
		rd_cell_if_known(stage2, rd_cell_in_time(&two->answered_code)));
	put_timings(t, answered, &one->answered_code, answers, &two->answered_code, stage2);
	rd_report_add(t, "Answered in time by our policy",
		rd_cell_if_known(answers, rd_cell_in_time(&one->answered_policy)),
		rd_cell_if_known(stage2, rd_cell_in_time(&two->answered_policy)));
	rd_report_add(t, "Working days to the answer, mean",
		rd_cell_of_enough(m, mean_of(one), one->n_days),
		rd_cell_of_enough(m, mean_of(two), two->n_days));
	rd_report_add(t, "Working days to the answer, median",
		rd_cell_of_enough(m, median_of(one), one->n_days),
		rd_cell_of_enough(m, median_of(two), two->n_days));
	const size_t findings = t->n_rows;
	for (int i = RD_FOUND_UPHELD; i < RD_N_FOUND; i++)
		rd_report_add(t, found[i],
			rd_cell_if_known(
				m->known.found, rd_cell_small(m, rd_cell_count(one->found[i]))),
			rd_cell_if_known(m->known.found && stage2,
				rd_cell_small(m, rd_cell_count(two->found[i]))));
	rd_report_add(t, "Answered, and nobody recorded what was found",
		rd_cell_if_known(
			answers, rd_cell_small(m, rd_cell_count(one->found[RD_FOUND_UNKNOWN]))),
		rd_cell_if_known(
			stage2, rd_cell_small(m, rd_cell_count(two->found[RD_FOUND_UNKNOWN]))));
	rd_report_hide_a_second(m, t, 1, findings, RD_N_FOUND);
	rd_report_hide_a_second(m, t, 2, findings, RD_N_FOUND);
	rd_report_add(t, "Taken further: stage 1 to stage 2, stage 2 to the Ombudsman",
		rd_cell_if_known(stage2, rd_cell_share(two->received, one->received)),
		rd_cell_if_known(
			stage2 && m->known.referred, rd_cell_share(two->referred, two->received)));
}

/* --- by time --- */

static enum rd_rc make_periods(struct rd_report_made *m, struct rd_err *err)
{
	struct rd_slice parts[RD_REPORT_PERIODS_MAX];
	const char *labels[RD_REPORT_PERIODS_MAX];
	const size_t n = rd_report_parts(m->report, parts, labels, m->arena);
	struct rd_report_table *t = rd_report_begin(m, "periods", "Over time",
		"By the day on which a complaint came, and by the day on which stage 2 was asked "
		"for.",
		RD_REPORT_PERIODS_MAX);

	rd_report_add_column(t, "period", "Period");
	rd_report_add_column(t, "stage1", "Stage 1");
	rd_report_add_column(t, "stage2", "Stage 2");
	rd_report_add_column(t, "service_requests", "Service requests");
	rd_report_add_column(t, "acknowledged", "Acknowledged within 5 working days");
	rd_report_add_column(t, "answered", "Answered within the Code's time");
	rd_report_add_column(t, "ch01", "Stage 1 per 1,000 homes");
	t->chart = RD_CHART_COLUMNS;
	t->chart_from = 1;
	t->chart_n = m->known.stage2 ? 2 : 1;
	for (size_t i = 0; i < n; i++) {
		const struct rd_arena_mark mark = rd_arena_mark(m->arena);
		struct rd_stage_figures one, two;
		struct rd_cell *cells = rd_report_add_row(t, labels[i]);

		RD_TRY(rd_report_count(&m->now, &parts[i], 1, &one, err));
		RD_TRY(rd_report_count(&m->now, &parts[i], 2, &two, err));
		rd_arena_back_to(m->arena, mark); /* the days of each are not looked at */
		if (cells == NULL || !rd_report_was_kept(m->report, parts[i].from, parts[i].to))
			continue;
		cells[1] = rd_cell_small(m, rd_cell_count(one.received));
		cells[2] = rd_cell_small(
			m, rd_cell_if_known(m->known.stage2, rd_cell_count(two.received)));
		cells[3] = rd_cell_small(
			m, rd_cell_count(of_kind(&m->now, &parts[i], RD_SERVICE_REQUEST, -1)));
		cells[4] = rd_cell_small(m, rd_cell_in_time(&one.acknowledged_code));
		cells[5] = rd_cell_small(
			m, rd_cell_if_known(m->known.answers, rd_cell_in_time(&one.answered_code)));
		cells[6] = rd_cell_small(m, rd_cell_rate(m, one.received));
	}
	for (size_t at = 1; at <= 3; at++)
		rd_report_hide_a_second(m, t, at, 0, t->n_rows);
	/* What tells how many complaints there were goes with their number. */
	for (size_t i = 0; i < t->n_rows && t->cells != NULL; i++)
		for (size_t at = 4; at <= 6; at++)
			if (t->cells[i * t->n_columns + 1].kind == RD_CELL_HIDDEN)
				t->cells[i * t->n_columns + at] = rd_cell_hidden;
	return RD_OK;
}

/* --- by what it is about, how it came, who may be at risk --- */

struct topic {
	const char *name;
	int64_t n;
};

static int by_most(const void *a, const void *b)
{
	const struct topic *x = a, *y = b;

	if (x->n != y->n)
		return x->n > y->n ? -1 : 1;
	return strcmp(x->name, y->name);
}

static size_t topics_of(const struct rd_report_made *m, struct topic topics[static TOPICS_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < m->now.n; i++) {
		const struct rd_report_case *c = &m->now.cases[i];

		for (size_t k = 0; k < c->n_topics && rd_slice_holds(&m->whole, c, 1); k++) {
			size_t at = 0;

			while (at < n && strcmp(topics[at].name, c->topics[k]) != 0)
				at++;
			if (at == n && n < TOPICS_MAX)
				topics[n++] = (struct topic){ .name = c->topics[k] };
			if (at < n)
				topics[at].n++;
		}
	}
	qsort(topics, n, sizeof *topics, by_most);
	return n;
}

static enum rd_rc put_topic(struct rd_report_made *m, struct rd_report_table *t, const char *label,
	const char *topic, struct rd_err *err)
{
	struct rd_slice slice = m->whole, slice_before = m->whole_before;
	const struct rd_arena_mark mark = rd_arena_mark(m->arena);
	struct rd_stage_figures one, two, before;
	struct rd_cell *cells = rd_report_add_row(t, label);

	slice.topic = slice_before.topic = topic;
	RD_TRY(rd_report_count(&m->now, &slice, 1, &one, err));
	RD_TRY(rd_report_count(&m->now, &slice, 2, &two, err));
	RD_TRY(rd_report_count(&m->before, &slice_before, 1, &before, err));
	rd_arena_back_to(m->arena, mark); /* the days of each are not looked at */
	if (cells == NULL)
		return RD_OK;
	cells[1] = rd_cell_small(m, rd_cell_count(one.received));
	cells[2] = rd_cell_small(m, rd_cell_if_known(m->known.stage2, rd_cell_count(two.received)));
	cells[3] = rd_cell_small(m, rd_cell_in_time(&one.acknowledged_code));
	cells[4] = rd_cell_small(
		m, rd_cell_if_known(m->known.answers, rd_cell_in_time(&one.answered_code)));
	cells[5] = rd_cell_small(m, rd_cell_if_known(m->known.found, upheld(&one)));
	cells[6] = rd_cell_small(
		m, rd_cell_if_known(m->report->before_known, rd_cell_count(before.received)));
	cells[7] = cells[1].kind == RD_CELL_HIDDEN || cells[6].kind == RD_CELL_HIDDEN
			   ? rd_cell_hidden
			   : change(cells[1], cells[6]);
	return RD_OK;
}

static void hide_topics(const struct rd_report_made *m, struct rd_report_table *t)
{
	for (size_t at = 1; at <= 2; at++)
		rd_report_hide_a_second(m, t, at, 0, t->n_rows);
	rd_report_hide_a_second(m, t, 6, 0, t->n_rows);
	for (size_t i = 0; i < t->n_rows && t->cells != NULL; i++) {
		struct rd_cell *cells = &t->cells[i * t->n_columns];

		if (cells[1].kind == RD_CELL_HIDDEN)
			cells[3] = cells[4] = cells[5] = rd_cell_hidden;
		if (cells[1].kind == RD_CELL_HIDDEN || cells[6].kind == RD_CELL_HIDDEN)
			cells[7] = rd_cell_hidden;
	}
}

static enum rd_rc make_topics(struct rd_report_made *m, struct rd_err *err)
{
	struct topic topics[TOPICS_MAX];
	const size_t n = topics_of(m, topics);
	struct rd_report_table *t = rd_report_begin(m, "topics", "What complaints are about",
		m->ask->publish
			? "By the topics that the rules named or staff gave; those of fewer than 5 "
			  "complaints are left out. A complaint about two things stands in both "
			  "rows, so the rows add up to more than the complaints."
			: "By the topics that the rules named or staff gave. A complaint about two "
			  "things stands in both rows, so the rows add up to more than the "
			  "complaints.",
		TOPICS_MAX + 1);

	rd_report_add_column(t, "topic", "About");
	rd_report_add_column(t, "stage1", "Stage 1");
	rd_report_add_column(t, "stage2", "Stage 2");
	rd_report_add_column(t, "acknowledged", "Acknowledged within 5 working days");
	rd_report_add_column(t, "answered", "Answered within the Code's time");
	rd_report_add_column(t, "upheld", "Upheld");
	rd_report_add_column(t, "before", "Before");
	rd_report_add_column(t, "change", "Change");
	t->chart = RD_CHART_BARS;
	t->chart_from = 1;
	t->chart_n = 1;
	for (size_t i = 0; i < n; i++)
		if (!m->ask->publish || topics[i].n >= RD_REPORT_SMALL)
			RD_TRY(put_topic(m, t, topics[i].name, topics[i].name, err));
	RD_TRY(put_topic(m, t, "no topic is known", "", err));
	/* A topic that is left out hides its number among the others that are hidden. */
	if (t->n_rows == n + 1)
		hide_topics(m, t);
	return RD_OK;
}

static void make_channels(struct rd_report_made *m)
{
	static const char *const heads[] = { "E-mail", "Text message", "Telephone", "Letter",
		"In person", "Another way" };
	struct rd_report_table *t = rd_report_begin(m, "channels", "How they came",
		"Mail and texts come in by themselves; what came by telephone, by letter or in "
		"person is counted where staff opened a case for it.",
		8);

	rd_report_add_column(t, "channel", "Channel");
	rd_report_add_column(t, "complaints", "Complaints");
	rd_report_add_column(t, "service_requests", "Service requests");
	rd_report_add_column(t, "enquiries", "Enquiries");
	rd_report_add_column(t, "others", "All other matters");
	for (int i = RD_BY_EMAIL; i <= RD_BY_OTHER; i++) {
		struct rd_cell *cells = rd_report_add_row(t, heads[i]);
		int64_t n[RD_N_KINDS], others = 0;

		for (int kind = 0; kind < RD_N_KINDS; kind++) {
			n[kind] = of_kind(&m->now, &m->whole, (enum rd_kind)kind, i);
			if (kind != RD_COMPLAINT && kind != RD_SERVICE_REQUEST &&
				kind != RD_ENQUIRY)
				others += n[kind];
		}
		if (cells == NULL)
			return;
		cells[1] = rd_cell_small(m, rd_cell_count(n[RD_COMPLAINT]));
		cells[2] = rd_cell_small(m, rd_cell_count(n[RD_SERVICE_REQUEST]));
		cells[3] = rd_cell_small(m, rd_cell_count(n[RD_ENQUIRY]));
		cells[4] = rd_cell_small(m, rd_cell_count(others));
	}
	for (size_t at = 1; at <= 4; at++)
		rd_report_hide_a_second(m, t, at, 0, t->n_rows);
}

static void make_flags(struct rd_report_made *m)
{
	static const char *const heads[RD_N_FLAGS] = {
		[RD_HEALTH_SAFETY] = "Health and safety",
		[RD_PERSONAL_INJURY] = "Somebody was hurt",
		[RD_SAFEGUARDING] = "Safeguarding",
		[RD_VULNERABLE] = "A vulnerable resident (adjustments)",
		[RD_LEGAL] = "Lawyers or a court",
		[RD_MP_COUNCILLOR] = "By an MP or a councillor",
		[RD_PETITION] = "A petition or a group",
		[RD_ADVOCATE] = "By somebody who speaks for the resident",
		[RD_STAGE2_REQUEST] = "Asks for stage 2",
		[RD_DAMP_MOULD] = "Damp and mould",
		[RD_HEAT_LOSS] = "No heating or hot water",
		[RD_OVER_12_MONTHS] = "More than twelve months ago",
		[RD_ANONYMOUS] = "Anonymous",
		[RD_ABUSIVE] = "Abusive",
		[RD_ASKS_NOT_FORMAL] = "Wants no formal complaint",
	};
	struct rd_report_table *t = rd_report_begin(m, "flags", "What needed care",
		"What the rules saw or staff marked, in complaints and in all matters.",
		RD_N_FLAGS);

	rd_report_add_column(t, "flag", "Flag");
	rd_report_add_column(t, "complaints", "Complaints");
	rd_report_add_column(t, "all", "All matters");
	for (int flag = 0; flag < RD_N_FLAGS; flag++) {
		int64_t complaints = 0, all = 0;

		for (size_t i = 0; i < m->now.n; i++) {
			const struct rd_report_case *c = &m->now.cases[i];
			const struct rd_date day = rd_date_of(c->received_ms);
			const bool counts = c->flags[flag] &&
					    rd_date_compare(day, m->whole.from) >= 0 &&
					    rd_date_compare(day, m->whole.to) <= 0;

			all += counts;
			complaints += counts && c->kind == RD_COMPLAINT;
		}
		rd_report_add(t, heads[flag], rd_cell_small(m, rd_cell_count(complaints)),
			rd_cell_small(m, rd_cell_count(all)));
	}
}

/* Complaints of the period that the policy left out, by its own reasons. */
static void make_refusals(struct rd_report_made *m)
{
	const struct rd_landlord *landlord = m->ask->landlord;
	struct rd_report_table *t;

	if (!m->known.ended)
		return;
	t = rd_report_begin(m, "refusals", "Refused, by reason",
		"Complaints that the policy leaves out, by its reasons. Each refusal tells the "
		"resident of the Ombudsman.",
		landlord->n_provisions + 1);
	rd_report_add_column(t, "reason", "Reason");
	rd_report_add_column(t, "complaints", "Complaints");
	rd_report_add_column(t, "source", "Clause");
	for (size_t i = 0; i < landlord->n_provisions; i++) {
		const struct rd_provision *p = &landlord->provisions[i];
		int64_t n = 0;

		if (p->kind != RD_PROVISION_EXCLUSION)
			continue;
		for (size_t k = 0; k < m->now.n; k++)
			n += rd_slice_holds(&m->whole, &m->now.cases[k], 1) &&
			     strcmp(m->now.cases[k].ends.excluded_for, p->name) == 0;
		rd_report_add(
			t, p->name, rd_cell_small(m, rd_cell_count(n)), rd_cell_text(p->source));
	}
	rd_report_hide_a_second(m, t, 1, 0, t->n_rows);
}

static int by_pence(const void *a, const void *b)
{
	const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/* Compensation, on complaints of the period. */
static void make_remedies(struct rd_report_made *m)
{
	struct rd_report_table *t;
	int64_t *accepted, n_offered = 0, offered = 0, total = 0;
	size_t n = 0;

	if (!m->known.compensation)
		return;
	accepted = rd_arena_array(m->arena, m->now.n + 1, sizeof *accepted);
	if (accepted == NULL)
		return; /* the arena remembers it */
	for (size_t i = 0; i < m->now.n; i++) {
		const struct rd_report_ends *ends = &m->now.cases[i].ends;

		if (!rd_slice_holds(&m->whole, &m->now.cases[i], 1))
			continue;
		n_offered += ends->offered_pence > 0;
		offered += ends->offered_pence;
		if (ends->accepted_pence > 0)
			accepted[n++] = ends->accepted_pence;
	}
	qsort(accepted, n, sizeof *accepted, by_pence);
	for (size_t i = 0; i < n; i++)
		total += accepted[i];
	t = rd_report_begin(m, "remedies", "Compensation",
		"On complaints received in the period. Of each, the last amount that was offered.",
		4);
	rd_report_add_column(t, "measure", "Measure");
	rd_report_add_column(t, "number", "Number");
	rd_report_add_column(t, "pounds", "Pounds");
	rd_report_add(t, "Offered", rd_cell_small(m, rd_cell_count(n_offered)),
		rd_cell_of_enough(m, rd_cell_pounds(offered), (size_t)n_offered));
	rd_report_add(t, "Accepted", rd_cell_small(m, rd_cell_count((int64_t)n)),
		rd_cell_of_enough(m, rd_cell_pounds(total), n));
	rd_report_add(t, "Median of those accepted", rd_cell_small(m, rd_cell_count((int64_t)n)),
		n == 0 ? rd_cell_unknown
		       : rd_cell_of_enough(m,
				 rd_cell_pounds((accepted[(n - 1) / 2] + accepted[n / 2]) / 2), n));
}

/* What the landlord's policy says that its reports hold, so that a reader sees what is wanting. */
static void make_promised(struct rd_report_made *m)
{
	const struct rd_landlord *landlord = m->ask->landlord;
	struct rd_report_table *t =
		rd_report_begin(m, "promised", "What our policy promises to report",
			"From the profile of the policy.", landlord->n_provisions + 1);

	rd_report_add_column(t, "report", "Report");
	rd_report_add_column(t, "holds", "Holds");
	rd_report_add_column(t, "by", "When");
	rd_report_add_column(t, "source", "Clause");
	for (size_t i = 0; i < landlord->n_provisions; i++) {
		const struct rd_provision *p = &landlord->provisions[i];
		const struct rd_field *field = NULL;
		const char *holds = "", *by;
		struct rd_cell *cells;

		if (p->kind != RD_PROVISION_REPORT ||
			(cells = rd_report_add_row(t, p->name)) == NULL)
			continue;
		while ((field = rd_stanza_next(p->stanza, "Holds", field)) != NULL)
			holds = rd_arena_printf(m->arena, "%s%s%s", holds,
				holds[0] != '\0' ? "; " : "", field->value);
		by = rd_stanza_value(p->stanza, "By", "the policy does not say");
		cells[1] = rd_cell_text(holds);
		cells[2] = rd_cell_text(by);
		cells[3] = rd_cell_text(p->source);
	}
	if (t->n_rows == 0)
		m->report->n_tables--;
}

enum rd_rc rd_report_tables(struct rd_report_made *m, struct rd_err *err)
{
	if (m->ask->kind == RD_REPORT_TSM)
		make_tsm(m);
	else
		make_summary(m);
	make_stages(m);
	RD_TRY(make_periods(m, err));
	RD_TRY(rd_report_tenure(m, err));
	if (m->ask->kind == RD_REPORT_TSM)
		return RD_OK;
	RD_TRY(make_topics(m, err));
	make_channels(m);
	make_flags(m);
	make_refusals(m);
	make_remedies(m);
	RD_TRY(rd_report_ombudsman(m, err));
	make_promised(m);
	return RD_OK;
}
