/* text: one text to one number, through the stanza's provider or into its tray.
 *
 * A text longer than the provider takes leaves as several; where only the first was taken, a person
 * sees to the rest. Secrets are read for each text and wiped after it. Whether the provider may
 * have seen a request whose answer was lost decides between `again` and `uncertain`.
 */
#ifndef REDRESS_DELIVER_TEXT_H
#define REDRESS_DELIVER_TEXT_H

#include "redress/base/arena.h"
#include "redress/deliver/result.h"
#include "redress/wire/config.h"

struct rd_text_sender;

/* config        borrowed for the life of the object
 * public_url    "" where no receipts can come
 * ca_file       "" for the system's store */
RD_MUST_USE enum rd_rc rd_text_sender_new(const struct rd_texts_config *config,
	const char *public_url, const char *ca_file, struct rd_text_sender **ret_sender,
	struct rd_err *err);
void rd_text_sender_free(struct rd_text_sender *sender); /* NULL is fine */
void rd_text_sender_set_timeout(struct rd_text_sender *sender, int64_t timeout_ms);
/* About once a second while waiting; NULL will do. */
void rd_text_sender_set_beat(
	struct rd_text_sender *sender, void (*beat)(void *context), void *context);

/* key   the row's own, given to the provider as reference, or the tray's file name */
void rd_text_send(struct rd_text_sender *sender, const struct rd_provider_send *text,
	const struct rd_deliver_calls *calls, struct rd_arena *arena,
	struct rd_deliver_result *ret_result);

/* After a lost answer: has it been taken? ret_asked->answer is never RD_ASKED_MORE. */
RD_MUST_USE enum rd_rc rd_text_ask(struct rd_text_sender *sender,
	const struct rd_provider_send *text, struct rd_arena *arena,
	struct rd_provider_asked *ret_asked, struct rd_err *err);
/* Or is it longer than the provider takes at once, and leaves as several? */
bool rd_text_leaves_whole(const struct rd_text_sender *sender, const char *body);

/* For `redressctl connect`: proves account and key at the provider and looks at how it is set up,
 * and sends nothing. RD_E_REFUSED: it does not let us in; RD_E_AGAIN: it does not answer;
 * RD_E_INPUT: a secret. The message says what to do. RD_OK with findings: texts would not arrive as
 * they should. A tray, whose folder is made, has nothing else to prove. */
RD_MUST_USE enum rd_rc rd_text_try(struct rd_text_sender *sender, int64_t now_ms,
	struct rd_arena *arena, struct rd_provider_findings *ret_findings, struct rd_err *err);

#endif
