/* sms: text messages: numbers, bodies, sizes, and the single words that mean something.
 *
 * Numbers: UK numbers in any usual writing become E.164 (07700 900123, 447700900123,
 * +44 (0)7700 900123 and 00447700900123 are all +447700900123); short codes and alphanumeric
 * senders stay as they are.
 * Sizes: 3GPP TS 23.038 (GSM 7 bit: 160 septets, else 153 a part; an extension character is two and
 * is never split) and UCS-2 (70 UTF-16 units, else 67 a part; a surrogate pair is never split).
 */
#ifndef REDRESS_MESSAGE_SMS_H
#define REDRESS_MESSAGE_SMS_H

#include <stdbool.h>
#include <stddef.h>
#include "redress/base/arena.h"
#include "redress/base/err.h"
#include "redress/message/message.h"

#define RD_PHONE_MAX 32 /* canonical number with NUL */

/* from: as the provider gave it. body: UTF-8, at most RD_SMS_BYTES_MAX (what is longer is cut and
 * trouble.text_truncated set). The body is all NEW. Everything in ret_message is arena. */
RD_MUST_USE enum rd_rc rd_sms_message(const char *from, const char *body, size_t len,
	struct rd_arena *arena, struct rd_message *ret_message, struct rd_err *err);

/* Anything that is no phone number is copied trimmed, cut at RD_PHONE_MAX - 1 bytes.
 * Returns whether it is one in E.164 now. */
bool rd_phone_canonical(const char *number, char out[static RD_PHONE_MAX]);
/* A UK mobile number in E.164 (+447...): can it get a text? */
bool rd_phone_is_uk_mobile(const char *canonical);

struct rd_sms_size {
	unsigned parts; /* 0 for an empty text */
	unsigned units; /* septets, or UTF-16 units, without what packing leaves empty */
	bool gsm7;	/* else UCS-2 */
};

struct rd_sms_size rd_sms_size(const char *text, size_t len);

/* A whole message that is one word to be acted upon. */
enum rd_bare_word {
	RD_WORD_NONE = 0,
	RD_WORD_OPT_OUT,   /* STOP, STOPALL, UNSUBSCRIBE, END, QUIT, CANCEL, REVOKE, OPTOUT ... */
	RD_WORD_OPT_IN,	   /* START, YES, UNSTOP: for a number that is opted out, else an answer */
	RD_WORD_COMPLAINT, /* the answer to our offer to treat it as a complaint */
};

/* Trimmed, case-folded whole; one final full stop or exclamation mark is tolerated (for COMPLAINT
 * any punctuation around it). `STOP PLEASE` is none. */
enum rd_bare_word rd_bare_word(const char *text, size_t len);
/* Of the opt-out words those that are answers too, where somebody asked a question: END, QUIT,
 * CANCEL, REVOKE, REMOVE, TD. STOP and its kin never are. */
bool rd_word_may_answer(const char *text, size_t len);
/* Of a message's NEW words alone: a mail may quote our letter below the word. */
enum rd_bare_word rd_message_word(const struct rd_message *message);

#endif
