/* studies: anonymised case studies, to learn from: closed complaints told without anything that
 * says whose they were. Homes in Sedgemoor's policy wants them for its senior managers, Board,
 * teams and newsletter (POLICIES.md, B7.004.2 to B7.004.4).
 *
 * A study is built of what the case was about (topics in the rules' own words alone, not what staff
 * typed), how it came, what happened after how many working days, how it ended, which kinds of
 * remedy there were, and what staff recorded to be learned (`Learning:` and `Prevention:` of the
 * answer), from which names, numbers and addresses are taken (policy/anonymise.h). No word of a
 * resident's is read for it. Cases that are flagged safeguarding or were held with one that is (by
 * a link, lifted since or not), were withdrawn, excluded or never answered are left out. It is a
 * draft: a person reads it before it goes anywhere.
 */
#ifndef REDRESS_GATEWAY_STUDIES_H
#define REDRESS_GATEWAY_STUDIES_H

#include "redress/base/arena.h"
#include "redress/base/date.h"
#include "redress/gateway/office.h"

#define RD_STUDIES_MAX	   50
#define RD_STUDY_LINES_MAX 16
#define RD_STUDIES_DEFAULT 5
#define RD_STUDIES_DRAFT                                                                           \
	"Draft. A person must read each study, and change or leave out what could still tell "     \
	"whose case it was, before anybody else sees it."

struct rd_study_line {
	const char *name; /* for machines: "about", "came", "outcome", "learned" ... */
	const char *text;
};

struct rd_study {
	struct rd_study_line lines[RD_STUDY_LINES_MAX];
	size_t n_lines;
};

struct rd_studies_ask {
	const char *landlord;
	struct rd_date from, to; /* received on one of these days, and closed since */
	size_t most;		 /* 1 to RD_STUDIES_MAX */
};

/* Those with something to learn first, and of different matters as far as there are such. Arena. */
RD_MUST_USE enum rd_rc rd_studies_make(struct rd_db *db, const struct rd_office *office,
	const struct rd_studies_ask *ask, struct rd_arena *arena, struct rd_study **ret_studies,
	size_t *ret_n, struct rd_err *err);

/* How many closed complaints of these days are fit for no study: withdrawn, refused, never
 * answered, or held or flagged for safeguarding. */
RD_MUST_USE enum rd_rc rd_studies_left_out(struct rd_db *db, const struct rd_studies_ask *ask,
	struct rd_arena *arena, size_t *ret_n, struct rd_err *err);

#endif
