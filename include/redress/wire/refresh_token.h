/* refresh_token: the refresh token of an `OAuth:` stanza that is good now.
 *
 * A server may give a new one with each answer, and then the one before is dead (RFC 6749 6). It is
 * kept beside the store, in STATE.refresh-NAME: 0600, written whole beside it, synced and renamed,
 * so that a crash leaves the old one or the new one. With it stands the SHA-256 of the configured
 * token that it descends from: where the administrator puts another into `Refresh token:`, that
 * one counts, and what was kept is forgotten.
 *
 * Between begin and end nobody else asks with it, no thread and no other process (redressctl
 * connect). What cannot be written stays in memory, and nothing is asked until it can.
 */
#ifndef REDRESS_WIRE_REFRESH_TOKEN_H
#define REDRESS_WIRE_REFRESH_TOKEN_H

#include "redress/wire/credential.h"

struct rd_refresh;

/* path: of the file that it is kept in; its folder is the state's. */
struct rd_refresh *rd_refresh_new(const char *path);
void rd_refresh_free(struct rd_refresh *refresh); /* wipes; NULL is fine */

/* The token to ask with, and everybody else waits until rd_refresh_end, which is called after a
 * failure too. What credential.h has, of configured; RD_E_INPUT: the kept file cannot be used;
 * RD_E_AGAIN: one that was given cannot be written yet. */
RD_MUST_USE enum rd_rc rd_refresh_begin(struct rd_refresh *refresh,
	const struct rd_secret_place *configured, struct rd_secret *ret_token, struct rd_err *err);
/* The server gave this one in its place. Of a failure the next begin tells, too. */
RD_MUST_USE enum rd_rc rd_refresh_keep(
	struct rd_refresh *refresh, const char *token, struct rd_err *err);
void rd_refresh_end(struct rd_refresh *refresh);

#endif
