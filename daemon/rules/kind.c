#include "redress/rules/kind.h"

#include <stddef.h>
#include <string.h>

const char *const rd_kind_names[RD_N_KINDS + 1] = {
	[RD_SERVICE_REQUEST] = "service_request",
	[RD_COMPLAINT] = "complaint",
	[RD_COMPLIMENT] = "compliment",
	[RD_ASB_REPORT] = "asb_report",
	[RD_SURVEY_FEEDBACK] = "survey_feedback",
	[RD_ENQUIRY] = "enquiry",
	[RD_OTHER] = "other",
};

const char *const rd_kind_words[RD_N_KINDS] = {
	[RD_SERVICE_REQUEST] = "a service request",
	[RD_COMPLAINT] = "a complaint",
	[RD_COMPLIMENT] = "a compliment",
	[RD_ASB_REPORT] = "a report of anti-social behaviour",
	[RD_SURVEY_FEEDBACK] = "an answer to a survey",
	[RD_ENQUIRY] = "an enquiry",
	[RD_OTHER] = "something else (other)",
};

const char *const rd_flag_names[RD_N_FLAGS + 1] = {
	[RD_HEALTH_SAFETY] = "health_safety",
	[RD_PERSONAL_INJURY] = "personal_injury",
	[RD_SAFEGUARDING] = "safeguarding",
	[RD_VULNERABLE] = "vulnerable",
	[RD_LEGAL] = "legal",
	[RD_MP_COUNCILLOR] = "mp_councillor",
	[RD_PETITION] = "petition",
	[RD_ADVOCATE] = "advocate",
	[RD_STAGE2_REQUEST] = "stage2_request",
	[RD_DAMP_MOULD] = "damp_mould",
	[RD_HEAT_LOSS] = "heat_loss",
	[RD_OVER_12_MONTHS] = "over_12_months",
	[RD_ANONYMOUS] = "anonymous",
	[RD_ABUSIVE] = "abusive",
	[RD_ASKS_NOT_FORMAL] = "asks_not_formal",
};

bool rd_kind_parse(const char *name, enum rd_kind *ret_kind)
{
	for (size_t i = 0; i < RD_N_KINDS; i++)
		if (strcmp(name, rd_kind_names[i]) == 0) {
			*ret_kind = (enum rd_kind)i;
			return true;
		}
	return false;
}

bool rd_flag_parse(const char *name, enum rd_flag *ret_flag)
{
	for (size_t i = 0; i < RD_N_FLAGS; i++)
		if (strcmp(name, rd_flag_names[i]) == 0) {
			*ret_flag = (enum rd_flag)i;
			return true;
		}
	return false;
}
