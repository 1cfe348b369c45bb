/* maildir: letters put into a Maildir: the embedded default, and what another mailer may pick up.
 *
 * The file's name is made of the letter's Message-ID alone, so that a letter tried again after a
 * crash finds itself there and is not put twice. Path, new, cur and tmp are made where missing.
 */
#ifndef REDRESS_DELIVER_MAILDIR_H
#define REDRESS_DELIVER_MAILDIR_H

#include <stdbool.h>
#include <stddef.h>
#include "redress/deliver/result.h"

/* message_id  without <> */
void rd_maildir_put(const char *path, const char *message_id, const char *mail, size_t len,
	const struct rd_deliver_calls *calls, struct rd_deliver_result *ret_result);
/* Does it stand in new or cur? */
RD_MUST_USE enum rd_rc rd_maildir_has(
	const char *path, const char *message_id, bool *ret_has, struct rd_err *err);

#endif
