/* imap_session: one authenticated connection to one folder, and the few commands that intake needs.
 *
 * libetpan speaks the protocol over our stream; imap_scan sees every byte before it. A mail reaches
 * libetpan only as an opaque literal: never ENVELOPE, never BODYSTRUCTURE, and always by
 * BODY.PEEK[], which leaves \Seen alone.
 *
 * Every command has a deadline and a byte budget. RD_E_REFUSED is the server's NO: the session goes
 * on. After any other failure it is broken (rd_imap_broken): free it and connect again.
 * For one thread.
 */
#ifndef REDRESS_INTAKE_IMAP_SESSION_H
#define REDRESS_INTAKE_IMAP_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "redress/base/err.h"
#include "redress/base/limits.h"
#include "redress/intake/imap_login.h"
#include "redress/wire/stream.h"

#define RD_IMAP_UIDS_MAX    4000000u /* of one folder */
#define RD_IMAP_RUN_MAX	    500u /* UIDs in one command: its line stays under 8 KiB (RFC 7162 4) */
#define RD_IMAP_COMMAND_MS  120000 /* a short command */
#define RD_IMAP_FETCH_MS    900000 /* a run of mails */
#define RD_IMAP_LITERAL_MAX (RD_RAW_PIECE_BYTES + 4096u)

struct rd_imap;

/* Takes the stream over (frees it on failure too). It must be logged in. Owned: rd_imap_free. */
RD_MUST_USE enum rd_rc rd_imap_new(struct rd_stream *stream,
	const struct rd_imap_abilities *abilities, const char *server, struct rd_imap **ret_imap,
	struct rd_err *err);
/* Says LOGOUT where the session still works. NULL is fine. */
void rd_imap_free(struct rd_imap *imap);
void rd_imap_cleanup(struct rd_imap **imap);
/* No command may last longer; 0: each its own (RD_IMAP_COMMAND_MS, RD_IMAP_FETCH_MS). */
void rd_imap_set_deadline(struct rd_imap *imap, int64_t most_ms);
bool rd_imap_broken(const struct rd_imap *imap);
bool rd_imap_woken(const struct rd_imap *imap);
const struct rd_imap_abilities *rd_imap_abilities(const struct rd_imap *imap);

struct rd_imap_folder {
	uint32_t uidvalidity;
	uint32_t uidnext; /* 0: the server does not say */
	uint32_t exists;
	bool read_only;
	bool any_keyword; /* PERMANENTFLAGS holds \* */
};
/* folder: UTF-8, sent as RFC 3501 5.1.3 wants it. */
RD_MUST_USE enum rd_rc rd_imap_select(struct rd_imap *imap, const char *folder,
	struct rd_imap_folder *ret_folder, struct rd_err *err);
/* Will a keyword stay where we put it? */
bool rd_imap_keeps_keyword(const struct rd_imap *imap, const char *keyword);
/* Does the server list a folder of that name? */
RD_MUST_USE enum rd_rc rd_imap_has_folder(
	struct rd_imap *imap, const char *folder, bool *ret_there, struct rd_err *err);
/* What the server has said last: news arrive with any answer. */
uint32_t rd_imap_exists(const struct rd_imap *imap);

struct rd_uids {
	uint32_t *items; /* rising, each once */
	size_t n;
	size_t size;
};
void rd_uids_free(struct rd_uids *uids);
RD_MUST_USE enum rd_rc rd_uids_add(struct rd_uids *uids, uint32_t uid, struct rd_err *err);

/* Every UID from `from` on, one short line each, whatever the size of the folder. */
RD_MUST_USE enum rd_rc rd_imap_list(
	struct rd_imap *imap, uint32_t from, struct rd_uids *ret_uids, struct rd_err *err);
/* Those of `uids` that the server still lists. n <= RD_IMAP_RUN_MAX. */
RD_MUST_USE enum rd_rc rd_imap_list_some(struct rd_imap *imap, const uint32_t *uids, size_t n,
	struct rd_uids *ret_uids, struct rd_err *err);
/* The lowest UID that the server received at or after an instant; UINT32_MAX: none. */
RD_MUST_USE enum rd_rc rd_imap_first_since(
	struct rd_imap *imap, int64_t since_ms, uint32_t *ret_uid, struct rd_err *err);

/* A mail, or its first piece. */
struct rd_imap_mail {
	uint32_t uid;
	int64_t received_ms; /* INTERNALDATE; 0: the server does not say */
	uint64_t size_bytes; /* RFC822.SIZE, as the server claims */
	char *data;	     /* set it to NULL to keep it: then rd_imap_data_free */
	size_t len;	     /* RD_RAW_PIECE_BYTES: there may be more */
};
/* Not RD_OK ends the session (the rest of the answer is not read). */
typedef enum rd_rc rd_imap_on_mail(void *context, struct rd_imap_mail *mail, struct rd_err *err);

/* First pieces of up to RD_IMAP_RUN_MAX mails in one command, each handed over as it arrives; those
 * that are gone do not come. */
RD_MUST_USE enum rd_rc rd_imap_fetch(struct rd_imap *imap, const uint32_t *uids, size_t n,
	rd_imap_on_mail *on_mail, void *context, struct rd_err *err);
/* One further piece; *ret_data NULL and *ret_len 0 at the end of the mail. RD_E_MISSING: gone. */
RD_MUST_USE enum rd_rc rd_imap_fetch_piece(struct rd_imap *imap, uint32_t uid, uint64_t from,
	char **ret_data, size_t *ret_len, struct rd_err *err);
void rd_imap_data_free(char *data);

/* n <= RD_IMAP_RUN_MAX. UIDs that are gone are passed over (RFC 3501 6.4.8). */
RD_MUST_USE enum rd_rc rd_imap_add_keyword(struct rd_imap *imap, const uint32_t *uids, size_t n,
	const char *keyword, struct rd_err *err);
/* By MOVE, else COPY and UID EXPUNGE (needs UIDPLUS, so that nobody else's deletions are expunged).
 * Makes the folder where it is missing. */
RD_MUST_USE enum rd_rc rd_imap_move(struct rd_imap *imap, const uint32_t *uids, size_t n,
	const char *folder, struct rd_err *err);
bool rd_imap_can_move(const struct rd_imap *imap);

/* Waits for news at most timeout_ms, by IDLE (RFC 2177) where the server has it, else asleep and
 * then NOOP. tick is called at least each tick_ms. */
RD_MUST_USE enum rd_rc rd_imap_await(struct rd_imap *imap, int64_t timeout_ms, int64_t tick_ms,
	void (*tick)(void *context), void *context, bool *ret_news, struct rd_err *err);

#endif
