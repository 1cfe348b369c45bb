/* open311: service requests handed on to a system that speaks Open311 (GeoReport v2), one row a
 * case and system. A row holds ids, codes and times alone; what was said of the case is made anew
 * for each attempt and kept nowhere.
 *
 *   queued     goes when its time comes
 *   sending    on the wire; what a crash left so is uncertain
 *   uncertain  nobody knows whether it was taken
 *   token      taken; its number comes later, by this token
 *   sent       taken, under service_request_id; its status is asked for until it is closed
 *   failed     refused, or given up: a person's task
 */
#ifndef REDRESS_STORE_OPEN311_H
#define REDRESS_STORE_OPEN311_H

#include "redress/store/db.h"

#define RD_OPEN311_ID_MAX 200

enum rd_open311_state {
	RD_OPEN311_QUEUED = 0,
	RD_OPEN311_SENDING,
	RD_OPEN311_UNCERTAIN,
	RD_OPEN311_TOKEN,
	RD_OPEN311_SENT,
	RD_OPEN311_FAILED,
	RD_N_OPEN311_STATES
};
extern const char *const rd_open311_state_names[RD_N_OPEN311_STATES + 1];

struct rd_open311_row {
	int64_t id, case_id;
	const char *system; /* the stanza's name */
	enum rd_open311_state state;
	const char *service_code;
	int attempts;
	int64_t created_ms, attempted_ms, next_ms; /* next: when it is tried or asked about again */
	const char *token, *request_id;		   /* the other side's, "" none */
	bool closed;				   /* as the other side has it */
	int64_t status_ms;			   /* when it was asked last */
	const char *answer;			   /* what the last attempt came to, our words */
};

/* RD_E_EXISTS: the case went there before. */
RD_MUST_USE enum rd_rc rd_open311_put(struct rd_tx *tx, const char *system, int64_t case_id,
	const char *service_code, int64_t now_ms, int64_t *ret_id, struct rd_err *err);
/* The row with everything that may change; a sent row has a request_id, a token row a token. */
RD_MUST_USE enum rd_rc rd_open311_set(
	struct rd_tx *tx, const struct rd_open311_row *row, struct rd_err *err);
/* The next that is due of a system; RD_E_MISSING: none is. */
RD_MUST_USE enum rd_rc rd_open311_due(struct rd_db *db, const char *system, int64_t now_ms,
	struct rd_arena *arena, struct rd_open311_row *ret_row, struct rd_err *err);
/* When the next one is due; 0: none waits. sending_only: those to be sent alone. */
RD_MUST_USE enum rd_rc rd_open311_next_ms(struct rd_db *db, const char *system, bool sending_only,
	int64_t *ret_ms, struct rd_err *err);
/* What a run that ended left on the wire. */
RD_MUST_USE enum rd_rc rd_open311_start_run(struct rd_tx *tx, int64_t now_ms, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_open311_get(struct rd_db *db, int64_t id, struct rd_arena *arena,
	struct rd_open311_row *ret_row, struct rd_err *err);
/* By number; of one case where not 0. */
RD_MUST_USE enum rd_rc rd_open311_list(struct rd_db *db, int64_t case_id, struct rd_arena *arena,
	struct rd_open311_row **ret_rows, size_t *ret_n, struct rd_err *err);

/* The last event that a system was looked at for; -1: none was yet. */
RD_MUST_USE enum rd_rc rd_open311_seen(
	struct rd_db *db, const char *system, int64_t *ret_seen, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_open311_set_seen(
	struct rd_tx *tx, const char *system, int64_t seen, struct rd_err *err);

#endif
