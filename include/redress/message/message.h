/* message: what a mail or a text says, once it was taken apart. Plain values, no behaviour.
 *
 * Everything here lies in the arena that it was parsed into. Strings are valid UTF-8, NUL-ended and
 * never NULL ("" where there is nothing) but where said; line ends are "\n". Nothing in this layer
 * reads a clock, a file or a global.
 */
#ifndef REDRESS_MESSAGE_MESSAGE_H
#define REDRESS_MESSAGE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rd_channel { RD_CHANNEL_EMAIL = 0, RD_CHANNEL_SMS };

#define RD_SHA256_BYTES 32

/* What a stretch of the body is. RD_SPAN_NEW is scored (but see nothing_new). */
enum rd_span_kind {
	RD_SPAN_NEW = 0,
	RD_SPAN_QUOTED, /* earlier mail, "On ... wrote:", "> " lines, Outlook's From/Sent block */
	RD_SPAN_FORWARDED, /* a forwarded mail's words, or words of which nobody can say whose they
			      are (quotes.h): scored in a second pass (rules/score.h) */
	RD_SPAN_SIGNATURE,
	RD_SPAN_DISCLAIMER, /* "This e-mail is confidential ...", "Sent from my iPhone" */
	RD_SPAN_OWN_LETTER, /* one of our own letters, between its two reference lines */
	RD_SPAN_FORM,	    /* what a web form says besides the resident's words (form.h) */
	RD_SPAN_LAST = RD_SPAN_FORM,
};

/* Bytes [from, to) of the body. */
struct rd_span {
	enum rd_span_kind kind;
	uint32_t from, to;
};

struct rd_address {
	const char *name;    /* display name, decoded */
	const char *address; /* local@domain; domain in lower case; "" where unreadable */
};

/* An attachment or any other part that is not the text read. It stays in the raw message. */
struct rd_part {
	const char *name;		 /* file name, "" where none is given */
	const char *type;		 /* "image/jpeg", lower case */
	uint64_t size_bytes;		 /* decoded */
	uint8_t sha256[RD_SHA256_BYTES]; /* of the decoded bytes */
};

/* What makes a mail an automatic one, header by header (RFC 3834, RFC 5230, RFC 3464 and the
 * de-facto ones). These hold back a reply, never the record. */
struct rd_automatic {
	bool auto_submitted; /* Auto-Submitted: anything but "no" */
	bool auto_replied;   /* of those: auto-replied, or X-Autoreply and its kin: an out-of-office
			      */
	bool precedence_bulk;  /* Precedence / X-Precedence: bulk, list, junk, auto_reply */
	bool list;	       /* a List-* header of RFC 2369 / 2919 */
	bool suppress_asked;   /* X-Auto-Response-Suppress: All or AutoReply (asks for silence only)
				*/
	bool null_return_path; /* Return-Path: <> */
	bool no_reply_address; /* noreply@, donotreply@, mailer-daemon@, *-request@, owner-* ... */
	bool machine_generated; /* X-FC-Machinegenerated, Feedback-ID, X-Loop of another system */
	bool delivery_report;	/* multipart/report; report-type=delivery-status, or the look of one
				 */
	bool read_receipt;	/* multipart/report; report-type=disposition-notification */
	bool abuse_report;	/* multipart/report; report-type=feedback-report: a complaint of
				   abuse (RFC 5965) */
	bool abuse_complains;	/* of those: a recipient complains */
	bool from_redress;	/* carries our own X-Loop: the X-Loop value is in own_loop */
	const char *own_loop;	/* value of X-Loop: redress/..., "" where there is none */
};

/* What became of a mail of ours, as a report says. From SOFT on the other side has given up. */
enum rd_bounce_kind {
	RD_BOUNCE_NONE = 0, /* it says nothing of it */
	RD_BOUNCE_DELIVERED,
	RD_BOUNCE_DELAYED, /* still tried */
	RD_BOUNCE_SOFT,	   /* given up: the other side was in trouble, or no reason is known */
	RD_BOUNCE_FULL,	   /* the mailbox has no room */
	RD_BOUNCE_BLOCKED, /* a filter or a policy would not take it */
	RD_BOUNCE_HARD,	   /* there is no such mailbox or domain */
	RD_N_BOUNCES,
};

#define RD_BOUNCE_RECIPIENTS_MAX 10

/* bounce.h; all "" and 0 in a message that is no report. */
struct rd_bounce {
	enum rd_bounce_kind kind;
	const char *const *recipients; /* whom it names, as written and as forwarded */
	size_t n_recipients;
	const char *code;    /* RFC 3463: "5.1.1" */
	const char *why;     /* the other server's words, a line */
	const char *subject; /* of the mail that came back */
};

/* What the receiving mail server found of the sender's domain (authentication.h). */
enum rd_authentication {
	RD_AUTHENTICATION_UNKNOWN = 0, /* it says nothing, or nothing to go by */
	RD_AUTHENTICATION_PASSED,
	RD_AUTHENTICATION_FAILED,
};

/* One Authentication-Results header. */
struct rd_result_header {
	const char *value; /* unfolded */
	bool follows;	   /* right below the one before it: of the same server, most likely */
};
#define RD_RESULT_HEADERS_MAX 16

/* What could not be read as it was meant. Any of these sends the message to a person. */
struct rd_trouble {
	bool unparseable;    /* not a mail; the whole was taken as text */
	bool bad_charset;    /* bytes that the named or guessed charset cannot hold */
	bool text_truncated; /* more readable text than RD_TEXT_BYTES_MAX, or more to score than
				allowed */
	bool cut; /* of a mail longer than Size limit only the beginning is stored; of a text a
			     part, or a picture, is missing */
	bool too_many_parts; /* a cap on headers, parts, boundaries or depth was reached */
	bool encrypted;	     /* S/MIME or PGP: no text to read */
	bool no_text;	     /* nothing readable at all (a picture alone) */
};

struct rd_message {
	enum rd_channel channel;

	const char *subject;
	uint32_t subject_len;
	const char *body; /* the readable text, whole: quoted and signed parts stay in it, marked by
			     spans */
	uint32_t body_len;
	const struct rd_span *spans; /* cover the body from 0 to body_len, in order, none empty */
	size_t n_spans;
	bool nothing_new; /* stripping left nothing: all spans are scored and a person looks */

	/* Who wrote the mails that it forwards, the outermost first, as their own headers say:
	 * anybody can write that. address "" where only a name stands there. */
	const struct rd_address *forwarded;
	size_t n_forwarded;

	/* A mail's headers; empty for a text but for from.address (the number, +44...) and to. */
	struct rd_address from;
	const char *return_path; /* address, "" where absent or null */
	const char *message_id;	 /* without <>; "" where absent */
	const char *date_header; /* raw */
	const char *const *to;	 /* addresses of To and Cc */
	size_t n_to;
	const char *const
		*references; /* In-Reply-To first, then References, without <>, none twice */
	size_t n_references;
	const char *const
		*report_ids; /* a delivery report: Message-IDs of the mail that it speaks of */
	size_t n_report_ids;
	struct rd_bounce bounce;

	/* A web form made it: from is whom the form names, and none of it is verified (form.h). */
	bool by_form;
	struct {
		const char *sender;	     /* the form's own address */
		const char *phone, *address; /* as they stand there */
	} form;				     /* NULL where it is no form */

	enum rd_authentication authentication;
	/* Only while it is taken apart; NULL, 0 and "" from then on. */
	const struct rd_result_header *results;
	size_t n_results;
	const char *reply_to; /* the first address of Reply-To, "" where there is none */
	struct rd_automatic automatic;
	struct rd_trouble trouble;

	/* SHA-256 of Message-ID, From, Date and body; without a Message-ID also To and Subject.
	 * All zero for a text, which has only its provider's id. */
	uint8_t content_key[RD_SHA256_BYTES];
	/* SHA-256 of Message-ID, From and Date alone; all zero without a Message-ID. */
	uint8_t header_key[RD_SHA256_BYTES];

	const struct rd_part *parts;
	size_t n_parts;
};

/* The reading of a message could not go on: does any trouble stand? */
static inline bool rd_message_troubled(const struct rd_message *message)
{
	const struct rd_trouble *t = &message->trouble;

	return t->unparseable || t->bad_charset || t->text_truncated || t->cut ||
	       t->too_many_parts || t->encrypted || t->no_text;
}

#endif
