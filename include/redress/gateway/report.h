/* report: the figures that boards, residents and the Regulator ask for, as tables of cells.
 *
 * What a report counts: complaints by the day on which they came (stage 2 by the day on which it
 * was asked for), of one landlord, whatever became of them since. "In time" is told twice: by the
 * Code, which the Regulator's CH02 goes by (acknowledged within five working days of receipt;
 * answered within ten of the acknowledgement, stage 2 within twenty, and once as many more after an
 * extension), and by the clocks of the landlord's own policy. A share is of those whose date has
 * passed or who were answered: its two numbers stand beside it, and those not due yet are told.
 *
 * What the store never kept is a cell of its own, RD_CELL_UNKNOWN, and never 0; report_unknown
 * tells why. Everything lies in the arena that was given.
 */
#ifndef REDRESS_GATEWAY_REPORT_H
#define REDRESS_GATEWAY_REPORT_H

#include "redress/base/arena.h"
#include "redress/base/date.h"
#include "redress/policy/landlord.h"
#include "redress/policy/tenure.h"
#include "redress/policy/workday.h"
#include "redress/store/db.h"

#define RD_REPORT_COLUMNS_MAX 10
#define RD_REPORT_TABLES_MAX  16
#define RD_REPORT_UNKNOWN_MAX 20
#define RD_REPORT_PERIODS_MAX 8	  /* parts of a period that stand side by side */
#define RD_REPORT_SMALL	      5	  /* with `publish`, breakdowns do not print 1 to 4 */
#define RD_REPORT_DAYS_MAX    800 /* of one report: two years and a bit */

enum rd_report_kind { RD_REPORT_QUARTER = 0, RD_REPORT_YEAR, RD_REPORT_TSM, RD_N_REPORTS };
extern const char *const rd_report_names[RD_N_REPORTS + 1]; /* "quarter", ...; NULL-ended */

enum rd_cell_kind {
	RD_CELL_UNKNOWN = 0, /* the store cannot know it */
	RD_CELL_TEXT,
	RD_CELL_COUNT,	/* n */
	RD_CELL_SHARE,	/* n of `of`; of 0: there was none */
	RD_CELL_RATE,	/* n a thousand of `of` homes */
	RD_CELL_DAYS,	/* value working days */
	RD_CELL_CHANGE, /* value more than before; of 1: percentage points, 2: a rate */
	RD_CELL_POUNDS, /* n pence */
	RD_CELL_HIDDEN, /* of 1 to 4, or would tell such a one, and it is to be published */
};

struct rd_cell {
	enum rd_cell_kind kind;
	const char *text;
	int64_t n, of;
	double value;
};

enum rd_chart { RD_CHART_NONE = 0, RD_CHART_BARS /* rows */, RD_CHART_COLUMNS /* rows as time */ };

struct rd_report_table {
	const char *name;			    /* for machines: "stages" */
	const char *title, *about;		    /* about: what is counted; "" nothing to say */
	const char *columns[RD_REPORT_COLUMNS_MAX]; /* for machines; the first names the rows */
	const char *heads[RD_REPORT_COLUMNS_MAX];
	size_t n_columns;
	struct rd_cell *cells; /* row by row */
	size_t n_rows;
	enum rd_chart chart;
	size_t chart_from, chart_n; /* the columns that it draws */
};

struct rd_report {
	enum rd_report_kind kind;
	const char *landlord, *full_name;
	const char *title;		       /* "Complaints, July to September 2026" */
	struct rd_date from, to, today;	       /* days included */
	struct rd_date since;		       /* cases are kept from here on; not set: none yet */
	struct rd_date before_from, before_to; /* what it is compared with */
	bool before_known;
	int64_t homes; /* 0: not said */
	bool publish;
	struct rd_report_table tables[RD_REPORT_TABLES_MAX];
	size_t n_tables;
	const char *notes[RD_REPORT_UNKNOWN_MAX]; /* what a reader must know before the figures */
	size_t n_notes;
	const char *unknown[RD_REPORT_UNKNOWN_MAX][2]; /* what, and why */
	size_t n_unknown;
};

struct rd_report_ask {
	enum rd_report_kind kind;
	const struct rd_landlord *landlord;
	const struct rd_calendar *calendar;
	struct rd_date from, to, today; /* from and to set: see rd_report_period */
	int64_t homes;			/* 0: not said */
	int64_t homes_of[RD_N_TENURES]; /* of each tenure; 0: not said */
	bool publish;			/* to be published: small cells of breakdowns are hidden */
};

/* The days of a report: the quarter (1 April to June, ..., 4 January to March) or year that begins
 * on 1 April of `year`; year 0: the last one that was over on `today`. quarter 0: the whole year,
 * or, for RD_REPORT_QUARTER with year 0, the last quarter that was over. */
void rd_report_period(enum rd_report_kind kind, int year, int quarter, struct rd_date today,
	struct rd_date *ret_from, struct rd_date *ret_to);

RD_MUST_USE enum rd_rc rd_report_make(struct rd_db *db, const struct rd_report_ask *ask,
	struct rd_arena *arena, struct rd_report *ret_report, struct rd_err *err);

#endif
