/* refresh_token: the refresh token of an `OAuth:` stanza that is good now.
 *
 * A server may give a new one with each answer, and then the one before is dead (RFC 6749 6). It is
 * kept beside the store, in STATE.refresh-NAME-MARK: 0600, written whole beside it, synced and
 * renamed, so that a crash leaves the old one or the new one. MARK are the first digits of the
 * SHA-256 of the configured token that it descends from (the file has all of them), so that each
 * configured token has a file of its own: where the administrator puts another into `Refresh
 * token:`, that one counts for redressctl at once and for redressd from its next start on, and
 * neither spoils what the other has. Of those that count no more the newest few are left.
 *
 * Between begin and end nobody else asks with it, no thread and no other process (redressctl
 * connect): STATE.refresh-NAME.lock is held. What cannot be written stays in memory, and nothing is
 * asked until it can.
 */
#ifndef REDRESS_WIRE_REFRESH_TOKEN_H
#define REDRESS_WIRE_REFRESH_TOKEN_H

#include "redress/wire/credential.h"
#include "redress/wire/tokens.h"

/* For whoever asks with it now. With a request of one's own behind it (RD_OAUTH_TIMEOUT_MS) it
 * stays below what the watchdog waits for a thread's beat. */
#define RD_REFRESH_WAIT_MS    15000
#define RD_REFRESH_OTHERS_MAX 3 /* of other configured tokens: files that are left */

struct rd_refresh;

/* path: of the file that it is kept in, without the mark; its folder is the state's. */
struct rd_refresh *rd_refresh_new(const char *path);
void rd_refresh_free(struct rd_refresh *refresh); /* wipes; NULL is fine */
/* For tests: in the place of RD_REFRESH_WAIT_MS. */
void rd_refresh_set_wait(struct rd_refresh *refresh, int64_t ms);

/* The token to ask with; after RD_OK everybody else waits until rd_refresh_end. What credential.h
 * has, of configured; RD_E_INPUT: the kept file or its lock cannot be used; RD_E_AGAIN: one that
 * was given cannot be written yet, another asks for too long, or stop (NULL: never) says so. */
RD_MUST_USE enum rd_rc rd_refresh_begin(struct rd_refresh *refresh,
	const struct rd_secret_place *configured, const struct rd_token_stop *stop,
	struct rd_secret *ret_token, struct rd_err *err);
/* The server gave this one in its place. Of a failure the next begin tells, too. */
RD_MUST_USE enum rd_rc rd_refresh_keep(
	struct rd_refresh *refresh, const char *token, struct rd_err *err);
void rd_refresh_end(struct rd_refresh *refresh);

#endif
