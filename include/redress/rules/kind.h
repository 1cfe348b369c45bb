/* kind: the seven kinds and fifteen flags, by the names that the public interface uses.
 *
 * A message has one kind: the best single answer, also while a person has still to decide. Flags
 * are another axis, any number at once: urgency must not pass for dissatisfaction. What each is for
 * tells redress-rules(5). The store, the audit, JSON and the rule files hold the names, never the
 * numbers: a name is never changed, and a new one needs its place here and in kind.c alone.
 */
#ifndef REDRESS_RULES_KIND_H
#define REDRESS_RULES_KIND_H

#include <stdbool.h>

enum rd_kind {
	RD_SERVICE_REQUEST = 0,
	RD_COMPLAINT,
	RD_COMPLIMENT,
	RD_ASB_REPORT,
	RD_SURVEY_FEEDBACK,
	RD_ENQUIRY,
	RD_OTHER,
	RD_N_KINDS,
};
#define RD_KIND_NONE (-1) /* where a kind may be missing: an int, nobody said which */

enum rd_flag {
	RD_HEALTH_SAFETY = 0,
	RD_PERSONAL_INJURY,
	RD_SAFEGUARDING,
	RD_VULNERABLE,
	RD_LEGAL,
	RD_MP_COUNCILLOR,
	RD_PETITION,
	RD_ADVOCATE,
	RD_STAGE2_REQUEST,
	RD_DAMP_MOULD,
	RD_HEAT_LOSS,
	RD_OVER_12_MONTHS,
	RD_ANONYMOUS,
	RD_ABUSIVE,
	RD_ASKS_NOT_FORMAL,
	RD_N_FLAGS,
};

extern const char *const rd_kind_names[RD_N_KINDS + 1]; /* NULL-ended */
extern const char *const rd_kind_words[RD_N_KINDS];	/* for a sentence: "a complaint" */
extern const char *const rd_flag_names[RD_N_FLAGS + 1]; /* NULL-ended */

/* Exactly one of the names; else false, and the output stays as it is. */
bool rd_kind_parse(const char *name, enum rd_kind *ret_kind);
bool rd_flag_parse(const char *name, enum rd_flag *ret_flag);

#endif
