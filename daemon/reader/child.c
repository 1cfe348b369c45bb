#include "redress/reader/child.h"

#include <errno.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>
#include "redress/message/authentication.h"
#include "redress/message/form.h"
#include "redress/message/message.h"
#include "redress/message/mime.h"
#include "redress/message/sms.h"
#include "redress/reader/codec.h"
#include "redress/reader/frame.h"
#include "redress/reader/pack.h"
#include "redress/reader/reader.h"
#include "redress/reader/seal.h"
#include "redress/rules/ruleset.h"
#include "redress/rules/score.h"
#ifdef RD_FAULT_POINTS
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#endif

#define CHANNEL_BYTES	 ((size_t)64 << 10)
#define KEPT_BYTES	 ((size_t)1 << 20) /* a buffer that grew beyond is given back */
#define WORK_ARENA_BYTES ((size_t)128 << 20)

/* Memory of one message serves the next instead of going back to the kernel and coming again, page
 * by page: more than half of a mail's cost (measured). What a large mail took goes with its child.
 */
#define HEAP_KEPT_BYTES (32 << 20)
#define HEAP_MAP_BYTES	(8 << 20)

/* One message being taken in. */
struct asked {
	bool begun;
	enum rd_begin what;
	int64_t received_ms;
	char landlord[RD_ANSWER_NAME_MAX + 1];
	char from[RD_ANSWER_NAME_MAX + 1];
	struct rd_origin origin; /* in the arena of the message */
};

struct child {
	int fd;
	uint8_t bytes[CHANNEL_BYTES]; /* read ahead */
	size_t at, end;
	int64_t today_ms;
	const char *const *landlords;
	struct rd_ruleset *rules[RD_READER_LANDLORDS_MAX]; /* one a landlord */
	size_t n_rules;
	struct rd_arena *setup; /* what rules and landlords were made from */
	struct rd_arena *work;	/* of one message */
	struct rd_buf frame, raw, out;
	struct asked asked;
};

/* Blocks until something came. Ends the process with the daemon's end of the socket. */
static void refill(struct child *child)
{
	ssize_t n;

	do
		n = read(child->fd, child->bytes, sizeof child->bytes);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		_exit(RD_CHILD_DONE);
	child->at = 0;
	child->end = (size_t)n;
}

static void take_bytes(struct child *child, size_t len, struct rd_buf *to)
{
	struct rd_err err;

	while (len > 0) {
		if (child->at == child->end)
			refill(child);
		size_t n = child->end - child->at;
		if (n > len)
			n = len;
		if (rd_buf_add(to, child->bytes + child->at, n, &err) != RD_OK)
			_exit(RD_CHILD_PROTOCOL);
		child->at += n;
		len -= n;
	}
}

static enum rd_frame_type take_head(struct child *child, size_t *ret_len)
{
	uint8_t bytes[RD_FRAME_HEAD_BYTES];
	enum rd_frame_type type;

	for (size_t i = 0; i < sizeof bytes; i++) {
		if (child->at == child->end)
			refill(child);
		bytes[i] = child->bytes[child->at++];
	}
	if (rd_frame_head_read(bytes, RD_SETUP_BYTES_MAX, &type, ret_len) != 0)
		_exit(RD_CHILD_PROTOCOL);
	return type;
}

static void say(struct child *child, enum rd_frame_type type, const void *bytes, size_t len)
{
	uint8_t head[RD_FRAME_HEAD_BYTES];
	struct rd_err err;
	struct rd_buf *out = &child->out;

	rd_frame_head(head, type, len);
	rd_buf_clear(out);
	if (rd_buf_add(out, head, sizeof head, &err) != RD_OK ||
		rd_buf_add(out, bytes, len, &err) != RD_OK)
		_exit(RD_CHILD_PROTOCOL);
	for (size_t sent = 0; sent < out->len;) {
		ssize_t n = write(child->fd, out->data + sent, out->len - sent);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			_exit(RD_CHILD_DONE);
		sent += (size_t)n;
	}
}

static void give_back(struct rd_buf *buf)
{
	if (buf->size > KEPT_BYTES)
		rd_buf_free(buf);
	else
		rd_buf_clear(buf);
}

/* ---- before the seal ---- */

static _Noreturn void unfit(struct child *child, const struct rd_err *err)
{
	say(child, RD_FRAME_UNFIT, err->msg, strlen(err->msg));
	_exit(RD_CHILD_DONE);
}

static void take_setup(struct child *child)
{
	size_t len;

	if (take_head(child, &len) != RD_FRAME_TODAY || len != 8)
		_exit(RD_CHILD_PROTOCOL);
	take_bytes(child, len, &child->frame);
	struct rd_unpacker today = { (const uint8_t *)child->frame.data,
		(const uint8_t *)child->frame.data + 8, NULL, false };
	child->today_ms = (int64_t)rd_unpack_u64(&today);
	rd_buf_clear(&child->frame);
	if (take_head(child, &len) != RD_FRAME_SETUP)
		_exit(RD_CHILD_PROTOCOL);
	take_bytes(child, len, &child->frame);
}

static void compile(struct child *child)
{
	struct rd_child_setup setup;
	struct rd_err err = { 0 };

	child->setup = rd_arena_new(2 * (size_t)RD_SETUP_BYTES_MAX);
	if (rd_setup_decode(rd_buf_str(&child->frame), child->frame.len, child->setup, &setup,
		    &err) != RD_OK)
		unfit(child, &err);
	rd_buf_free(&child->frame);
	if (setup.n_landlords > RD_READER_LANDLORDS_MAX)
		_exit(RD_CHILD_PROTOCOL);
	child->landlords = setup.landlords;
	for (size_t i = 0; i < setup.n_landlords; i++, child->n_rules++) {
		if (rd_ruleset_compile(&setup.files, setup.landlords[i], child->today_ms,
			    &child->rules[i], &err) != RD_OK)
			unfit(child, &err);
		rd_ruleset_switch_off(child->rules[i], &setup.off);
	}
}

/* Who wrote it, by what is said of its mailbox. */
static enum rd_rc read_mail(struct child *child, const void *raw, size_t len, bool cut,
	struct rd_message *m, struct rd_err *err)
{
	const struct rd_origin *origin = &child->asked.origin;

	RD_TRY(rd_mime_parse(raw, len, cut, child->work, m, err));
	m->authentication = rd_authentication_of(m->results, m->n_results, origin, m->from.address);
	return rd_form_apply(m, origin, child->work, err);
}

static enum rd_rc read_message(struct child *child, const struct rd_ruleset *rules, const void *raw,
	size_t len, bool cut, struct rd_message *ret_message, struct rd_score *ret_score,
	struct rd_err *err)
{
	const struct asked *asked = &child->asked;

	if (asked->what == RD_BEGIN_TAKEN_APART)
		RD_TRY(rd_message_decode(raw, len, child->work, ret_message, err));
	else if (asked->what == RD_BEGIN_TEXT)
		RD_TRY(rd_sms_message(asked->from, raw, len, child->work, ret_message, err));
	else
		RD_TRY(read_mail(child, raw, len, cut, ret_message, err));
	if (asked->what == RD_BEGIN_TEXT)
		ret_message->trouble.cut = cut;
	return rd_score_message(
		rules, ret_message, asked->received_ms, child->work, ret_score, err);
}

/* Libraries look up what they need at their first use: that must lie before the seal. */
static void warm_up(struct child *child)
{
	static const char mail[] = "From: =?utf-8?q?Zo=C3=AB?= <a@example.org>\r\n"
				   "Date: Sun, 22 Nov 2026 10:00:00 +0000\r\n"
				   "Subject: =?iso-8859-1?q?caf=E9?=\r\n"
				   "Content-Type: multipart/alternative; boundary=b\r\n\r\n"
				   "--b\r\nContent-Type: text/plain; charset=utf-8\r\n"
				   "Content-Transfer-Encoding: base64\r\n\r\n77yhIEhlbGxvIMOJ\r\n"
				   "--b\r\nContent-Type: text/html; charset=windows-1252\r\n\r\n"
				   "<p>H\xe9llo &amp; <b>there</b> \x93you\x94</p>\r\n--b--\r\n";
	struct rd_message message;
	struct rd_score score;
	struct rd_err err;

	child->asked.received_ms = child->today_ms;
	for (size_t i = 0; i < child->n_rules; i++) {
		/* Only the doing matters here, not what comes of it. */
		enum rd_rc rc = read_message(child, child->rules[i], mail, sizeof mail - 1, false,
			&message, &score, &err);
		(void)rc;
		rd_arena_reset(child->work);
	}
}

/* ---- behind the seal ---- */

#ifdef RD_FAULT_POINTS

static void misbehave(struct child *child)
{
	static const char line[] = "X-Redress-Test: ";
	const char *raw = rd_buf_str(&child->raw);
	const char *at = memmem(raw, child->raw.len, line, sizeof line - 1);

	if (at == NULL)
		return;
	at += sizeof line - 1;
	if (strncmp(at, "segv", 4) == 0 && RD_SANITIZED)
		raise(SIGKILL); /* a sanitizer would write pages about the other */
	if (strncmp(at, "segv", 4) == 0)
		*(volatile int *)(uintptr_t)child->n_rules = 0; /* an address never mapped */
	if (strncmp(at, "spin", 4) == 0)
		for (volatile unsigned n = 0;; n++)
			;
	if (strncmp(at, "alloc", 5) == 0)
		for (;;)
			RD_ASSERT(calloc(1, 64u << 20) != NULL);
	if (strncmp(at, "hang", 4) == 0)
		refill(child);
	if (strncmp(at, "open", 4) == 0)
		RD_ASSERT(open("/etc/passwd", O_RDONLY | O_CLOEXEC) < 0);
	if (strncmp(at, "socket", 6) == 0)
		RD_ASSERT(socket(AF_INET, SOCK_STREAM, 0) < 0);
	if (strncmp(at, "exec-memory", 11) == 0)
		RD_ASSERT(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
				  0) == MAP_FAILED);
	if (strncmp(at, "lie", 3) == 0)
		say(child, RD_FRAME_ANSWER, "\0nonsense", 9);
}

#endif

static void begin(struct child *child)
{
	struct asked *asked = &child->asked;
	struct rd_unpacker unpacker = { (const uint8_t *)rd_buf_str(&child->frame),
		(const uint8_t *)rd_buf_str(&child->frame) + child->frame.len, child->work, false };

	if (asked->begun)
		_exit(RD_CHILD_PROTOCOL);
	rd_arena_reset(child->work);
	const uint8_t what = rd_unpack_u8(&unpacker);
	if (what >= RD_N_BEGINS)
		_exit(RD_CHILD_PROTOCOL);
	asked->what = (enum rd_begin)what;
	asked->received_ms = (int64_t)rd_unpack_u64(&unpacker);
	snprintf(asked->landlord, sizeof asked->landlord, "%s",
		rd_unpack_str(&unpacker, RD_ANSWER_NAME_MAX));
	snprintf(asked->from, sizeof asked->from, "%s",
		rd_unpack_str(&unpacker, RD_ANSWER_NAME_MAX));
	rd_origin_unpack(&unpacker, &asked->origin);
	if (unpacker.bad || unpacker.at != unpacker.end)
		_exit(RD_CHILD_PROTOCOL);
	asked->begun = true;
}

static const struct rd_ruleset *rules_of(const struct child *child, const char *landlord)
{
	for (size_t i = 0; i < child->n_rules; i++)
		if (strcmp(child->landlords[i], landlord) == 0)
			return child->rules[i];
	return NULL;
}

/* The answer, behind its return code, in child->frame. */
static void make_answer(struct child *child, bool cut)
{
	struct rd_message message;
	struct rd_score score;
	struct rd_err err = { 0 };
	const struct rd_ruleset *rules = rules_of(child, child->asked.landlord);
	enum rd_rc rc = RD_E_MISSING;
	struct rd_packer packer = { &child->frame, false };

	rd_buf_clear(&child->frame);
	rd_pack_u8(&packer, RD_OK);
	if (rules != NULL)
		rc = read_message(child, rules, rd_buf_str(&child->raw), child->raw.len, cut,
			&message, &score, &err);
	if (rc == RD_OK)
		rc = rd_reading_encode(&message, &score, &child->frame, &err);
	if (rc == RD_OK)
		return;
	rd_buf_clear(&child->frame);
	rd_pack_u8(&packer, (uint8_t)rc);
}

static void end(struct child *child)
{
	if (!child->asked.begun || child->frame.len != 1)
		_exit(RD_CHILD_PROTOCOL);
	bool cut = child->frame.data[0] != 0;
#ifdef RD_FAULT_POINTS
	misbehave(child);
#endif
	make_answer(child, cut);
	say(child, RD_FRAME_ANSWER, child->frame.data, child->frame.len);
	child->asked.begun = false;
	rd_arena_reset(child->work);
	give_back(&child->raw);
	give_back(&child->frame);
	give_back(&child->out);
}

static void serve_frame(struct child *child)
{
	size_t len;
	enum rd_frame_type type = take_head(child, &len);

	rd_buf_clear(&child->frame);
	if (type == RD_FRAME_PIECE && child->asked.begun && len <= RD_RAW_PIECE_BYTES) {
		take_bytes(child, len, &child->raw);
		return;
	}
	if (len > RD_BEGIN_BYTES_MAX)
		_exit(RD_CHILD_PROTOCOL);
	take_bytes(child, len, &child->frame);
	if (type == RD_FRAME_BEGIN) {
		rd_cpu_limit_arm(RD_READER_CPU_MS);
		begin(child);
	} else if (type == RD_FRAME_END) {
		end(child);
	} else if (type == RD_FRAME_ABORT) {
		child->asked.begun = false;
		give_back(&child->raw);
	} else {
		_exit(RD_CHILD_PROTOCOL);
	}
}

_Noreturn void rd_child_main(int fd)
{
	struct child *child = calloc(1, sizeof *child);
	struct rd_err err = { 0 };

	RD_ASSERT(child != NULL);
	prctl(PR_SET_NAME, "rd-parse", 0, 0, 0);
	mallopt(M_TRIM_THRESHOLD, HEAP_KEPT_BYTES);
	mallopt(M_MMAP_THRESHOLD, HEAP_MAP_BYTES);
	child->fd = fd;
	child->frame.max = RD_SETUP_BYTES_MAX;
	child->raw.max = RD_MAIL_BYTES_MAX;
	child->out.max = RD_ANSWER_BYTES_MAX + RD_FRAME_HEAD_BYTES;
	child->work = rd_arena_new(WORK_ARENA_BYTES);
	take_setup(child);
	rd_mime_init();
	compile(child);
	warm_up(child);
	if (rd_cpu_limit_prepare(RD_CHILD_CPU, &err) != RD_OK || rd_seal(fd, &err) != RD_OK)
		unfit(child, &err);
	child->frame.max = RD_ANSWER_BYTES_MAX;
	say(child, RD_FRAME_READY, NULL, 0);
	for (;;)
		serve_frame(child);
}
