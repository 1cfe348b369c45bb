/* CH01 and CH02 by tenure, as the Regulator asks for them: low cost rental and low cost home
 * ownership apart, and beside them what is outside both or of a tenure that nobody knows.
 */
#include "redress/gateway/report_cells.h"

static struct rd_cell rate_of(const struct rd_report_made *m, enum rd_tenure tenure, int64_t n)
{
	const int64_t homes = m->ask->homes_of[tenure];

	if (homes == 0)
		return rd_cell_unknown;
	return (struct rd_cell){ .kind = RD_CELL_RATE, .n = n, .of = homes };
}

enum rd_rc rd_report_tenure(struct rd_report_made *m, struct rd_err *err)
{
	static const char *const heads[RD_N_TENURES] = {
		[RD_TENURE_LCRA] = "Low cost rental (LCRA)",
		[RD_TENURE_LCHO] = "Low cost home ownership (LCHO)",
		[RD_TENURE_OTHER] = "Another tenure, outside the measures",
		[RD_TENURE_UNKNOWN] = "Tenure not known",
	};
	static const enum rd_tenure order[RD_N_TENURES] = { RD_TENURE_LCRA, RD_TENURE_LCHO,
		RD_TENURE_OTHER, RD_TENURE_UNKNOWN };
	const bool answers = m->known.answers, stage2 = m->known.stage2;
	struct rd_report_table *t;

	if (!m->known.tenure)
		return RD_OK;
	t = rd_report_begin(m, "tenure", "CH01 and CH02 by tenure", "", RD_N_TENURES);
	rd_report_add_column(t, "tenure", "Tenure");
	rd_report_add_column(t, "homes", "Homes");
	rd_report_add_column(t, "stage1", "Stage 1");
	rd_report_add_column(t, "ch01_stage1", "CH01, stage 1");
	rd_report_add_column(t, "ch02_stage1", "CH02, stage 1");
	rd_report_add_column(t, "stage2", "Stage 2");
	rd_report_add_column(t, "ch01_stage2", "CH01, stage 2");
	rd_report_add_column(t, "ch02_stage2", "CH02, stage 2");
	for (int i = 0; i < RD_N_TENURES; i++) {
		const struct rd_arena_mark mark = rd_arena_mark(m->arena);
		struct rd_slice slice = m->whole;
		struct rd_stage_figures one, two;
		struct rd_cell *cells = rd_report_add_row(t, heads[order[i]]);

		slice.tenure = &order[i];
		RD_TRY(rd_report_count(&m->now, &slice, 1, &one, err));
		RD_TRY(rd_report_count(&m->now, &slice, 2, &two, err));
		rd_arena_back_to(m->arena, mark); /* the days of each are not looked at */
		if (cells == NULL)
			return RD_OK;
		cells[1] = m->ask->homes_of[order[i]] != 0
				   ? rd_cell_count(m->ask->homes_of[order[i]])
				   : rd_cell_unknown;
		cells[2] = rd_cell_small(m, rd_cell_count(one.received));
		cells[3] = rd_cell_small(m, rate_of(m, order[i], one.received));
		cells[4] = rd_cell_small(
			m, rd_cell_if_known(answers, rd_cell_in_time(&one.answered_code)));
		cells[5] = rd_cell_small(m, rd_cell_if_known(stage2, rd_cell_count(two.received)));
		cells[6] = rd_cell_small(
			m, rd_cell_if_known(stage2, rate_of(m, order[i], two.received)));
		cells[7] = rd_cell_small(
			m, rd_cell_if_known(stage2, rd_cell_in_time(&two.answered_code)));
	}
	for (size_t at = 2; at <= 5; at += 3) {
		rd_report_hide_a_second(m, t, at, 0, t->n_rows);
		/* What tells how many there were goes with their number. */
		for (size_t i = 0; i < t->n_rows && t->cells != NULL; i++)
			if (t->cells[i * t->n_columns + at].kind == RD_CELL_HIDDEN)
				t->cells[i * t->n_columns + at + 1] =
					t->cells[i * t->n_columns + at + 2] = rd_cell_hidden;
	}
	return RD_OK;
}
