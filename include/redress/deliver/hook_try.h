/* hook_try: one `Webhook:` tried end to end, for a person: its secrets, its address, and what the
 * other system makes of an event of no case (`redress.ping`, hook_message.h) that is signed as all
 * are. Nothing of it is kept.
 *
 * Where that is taken, two more things are looked at: whether the other system takes an event too
 * that is signed by nobody we know, and, while two secrets stand, whether it knows the new one.
 */
#ifndef REDRESS_DELIVER_HOOK_TRY_H
#define REDRESS_DELIVER_HOOK_TRY_H

#include "redress/base/arena.h"
#include "redress/deliver/hook_post.h"
#include "redress/wire/providers/provider.h"

struct rd_hook_trial {
	const char *gateway; /* its name */
	const char *id;	     /* of the event; rd_hook_new_id makes one */
	int64_t now_ms;
	int64_t timeout_ms;
};

struct rd_hook_tried {
	bool taken;
	bool may_pass; /* not taken, but that may pass by itself */
	char answer[RD_HOOK_ANSWER_MAX];
	struct rd_provider_findings faults; /* arena: sentences, with what to do */
	struct rd_provider_findings notes;  /* worth knowing though nothing is wrong */
};

/* As an event's own is made, of what nobody can know before. */
void rd_hook_new_id(char id[static RD_CASE_EVENT_ID_MAX]);

/* RD_E_INPUT and what credential.h has: a secret cannot be read, nothing was sent. */
RD_MUST_USE enum rd_rc rd_hook_try(const struct rd_hook_config *hook,
	const struct rd_hook_trial *trial, struct rd_arena *arena, struct rd_hook_tried *ret_tried,
	struct rd_err *err);

#endif
