/* reply: a whole message that is one of the few things that residents say to a letter about their
 * complaint: thank you, yes that is right, I withdraw it, stage 2 please. Pure.
 *
 * Whole: every new word of it belongs to that one thing, but for a greeting before and a sign-off
 * behind, each on lines of its own. Whatever says anything else is none: a person reads it. A mail
 * may quote our letter below.
 */
#ifndef REDRESS_MESSAGE_REPLY_H
#define REDRESS_MESSAGE_REPLY_H

#include "redress/message/message.h"

#define RD_REPLY_BYTES_MAX 300 /* of new words; longer ones say more than one thing */

enum rd_reply {
	RD_REPLY_NONE = 0,
	RD_REPLY_THANKS,
	RD_REPLY_AGREES,
	RD_REPLY_WITHDRAWS,
	RD_REPLY_STAGE2,
	RD_REPLY_CONTENT, /* thanks, and all is well now */
	RD_N_REPLIES,
};
extern const char *const rd_reply_names[RD_N_REPLIES + 1]; /* "none", "thanks", "agrees", ... */

enum rd_reply rd_message_reply(const struct rd_message *message);
/* One whole sentence of the new words asks for stage 2 and says nothing else; a question, a wish
 * not to, or a condition is none. What the others say is for a person to read. */
bool rd_message_asks_stage2(const struct rd_message *message);

#endif
