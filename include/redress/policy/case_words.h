/* case_words: the words that cases and messages are counted in, by the names of the public
 * interface. Shared by policy/, store/ and everything below; none of them defines its own.
 */
#ifndef REDRESS_POLICY_CASE_WORDS_H
#define REDRESS_POLICY_CASE_WORDS_H

enum rd_stage { RD_STAGE_NONE = 0, RD_STAGE_1, RD_STAGE_2, RD_N_STAGES };
extern const char *const rd_stage_names[RD_N_STAGES + 1]; /* "none" "stage1" "stage2", NULL-ended */

enum rd_case_status {
	RD_STATUS_REVIEW = 0,
	RD_STATUS_OPEN,
	RD_STATUS_ANSWERED,
	RD_STATUS_CLOSED,
	RD_N_STATUSES,
};
extern const char *const rd_status_names[RD_N_STATUSES + 1]; /* "review" "open" ..., NULL-ended */

/* How an answer found a complaint. */
enum rd_found {
	RD_FOUND_UNKNOWN = 0, /* nobody said, or there is no answer yet */
	RD_FOUND_UPHELD,
	RD_FOUND_PARTLY,
	RD_FOUND_NOT,
	RD_N_FOUND,
};
extern const char *const rd_found_names[RD_N_FOUND + 1]; /* "" "upheld" "partly" "not_upheld" */

/* A message has exactly one of these once it is done (promise 12). */
enum rd_fate_kind {
	RD_FATE_NONE = 0, /* not yet */
	RD_FATE_OPENED,	  /* a case of its own, or a linked one */
	RD_FATE_JOINED,
	RD_FATE_OTHER, /* sure; kept, listed, never answered */
	RD_FATE_GUARDED,
	RD_FATE_DUPLICATE,
	RD_N_FATES,
};
extern const char *const rd_fate_names[RD_N_FATES + 1]; /* "" "opened" "joined" ..., NULL-ended */

#endif
