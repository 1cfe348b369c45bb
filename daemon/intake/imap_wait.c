#include "redress/intake/imap_session.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "redress/base/clock.h"
#include "redress/intake/imap_private.h"

struct awaiting {
	int64_t until_ms;
	int64_t tick_ms;
	void (*tick)(void *context);
	void *context;
};

/* *ret_ready: something can be read; false: the time is over. */
static enum rd_rc wait_readable(struct rd_imap *imap, const struct awaiting *a, int64_t until_ms,
	bool *ret_ready, struct rd_err *err)
{
	if (imap->session->imap_stream->read_buffer_len > 0) {
		*ret_ready = true;
		return RD_OK;
	}
	for (;;) {
		int64_t left = until_ms - rd_monotonic_ms();
		int64_t slice = left < 0 ? 0 : left > a->tick_ms ? a->tick_ms : left;
		if (a->tick)
			a->tick(a->context);
		enum rd_rc rc = rd_stream_wait(imap->stream, slice, ret_ready, err);
		if (rc != RD_OK)
			imap->broken = true;
		if (rc != RD_OK || *ret_ready || left <= slice)
			return rc;
	}
}

static enum rd_rc read_line(struct rd_imap *imap, const char **ret_line, struct rd_err *err)
{
	*ret_line = mailimap_read_line(imap->session);
	return *ret_line ? RD_OK : rd_imap_outcome(imap, MAILIMAP_ERROR_STREAM, "wait", err);
}

static enum rd_rc send_text(struct rd_imap *imap, const char *text, struct rd_err *err)
{
	mailstream *stream = imap->session->imap_stream;
	if (mailstream_write(stream, text, strlen(text)) < 0 || mailstream_flush(stream) < 0)
		return rd_imap_outcome(imap, MAILIMAP_ERROR_STREAM, "wait", err);
	return RD_OK;
}

/* "* 5 EXISTS" and its like. */
static bool is_news(const char *line, uint32_t *ret_exists)
{
	char word[12] = "";
	unsigned number = 0;
	if (sscanf(line, "* %9u %11[A-Za-z]", &number, word) != 2)
		return false;
	if (strcasecmp(word, "EXISTS") == 0)
		*ret_exists = number;
	return strcasecmp(word, "EXISTS") == 0 || strcasecmp(word, "RECENT") == 0;
}

#define IDLE_START_MS 30000

/* By hand: libetpan's IDLE misses lines that come before the `+` or with it. */
static enum rd_rc idle(
	struct rd_imap *imap, const struct awaiting *a, bool *ret_news, struct rd_err *err)
{
	char tag[16];
	uint32_t exists = rd_imap_exists(imap);
	rd_imap_begin(imap, RD_IMAP_COMMAND_MS, RD_IMAP_SHORT_BYTES);
	if (mailimap_send_current_tag(imap->session) != MAILIMAP_NO_ERROR)
		return rd_imap_outcome(imap, MAILIMAP_ERROR_STREAM, "wait", err);
	snprintf(tag, sizeof tag, "%d ", imap->session->imap_tag);
	RD_TRY(send_text(imap, "IDLE\r\n", err));
	bool idling = false, ended = false;
	int64_t now = rd_monotonic_ms(), start_by = now + IDLE_START_MS;
	/* One deadline and one budget for all lines: a server that talks without end is left. */
	rd_imap_begin(imap, a->until_ms - now + RD_IMAP_COMMAND_MS, RD_IMAP_SHORT_BYTES);
	while (!ended && !(idling && (*ret_news || rd_monotonic_ms() >= a->until_ms))) {
		bool ready = false;
		RD_TRY(wait_readable(imap, a, idling ? a->until_ms : start_by, &ready, err));
		if (!ready && !idling) {
			imap->broken = true;
			return rd_fail(err, RD_E_AGAIN, "%s: the server does not answer IDLE",
				imap->server);
		}
		if (!ready)
			break;
		const char *line = NULL;
		RD_TRY(read_line(imap, &line, err));
		if (line[0] == '+')
			idling = true;
		else if (is_news(line, &exists))
			*ret_news = true;
		else if (strncmp(line, tag, strlen(tag)) == 0)
			ended = true; /* refused, or ended by the server */
	}
	if (ended && !idling)
		imap->abilities.idle =
			false; /* it says IDLE and does not do it: poll from now on */
	if (!ended) {
		rd_imap_begin(imap, RD_IMAP_COMMAND_MS, RD_IMAP_SHORT_BYTES);
		RD_TRY(send_text(imap, "DONE\r\n", err));
	}
	while (!ended) {
		const char *line = NULL;
		RD_TRY(read_line(imap, &line, err));
		*ret_news = is_news(line, &exists) || *ret_news;
		ended = strncmp(line, tag, strlen(tag)) == 0;
	}
	if (imap->session->imap_selection_info)
		imap->session->imap_selection_info->sel_exists = exists;
	return RD_OK;
}

static enum rd_rc poll_once(
	struct rd_imap *imap, const struct awaiting *a, bool *ret_news, struct rd_err *err)
{
	bool ready = false;
	uint32_t before = rd_imap_exists(imap);
	RD_TRY(wait_readable(imap, a, a->until_ms, &ready, err));
	rd_imap_begin(imap, RD_IMAP_COMMAND_MS, RD_IMAP_SHORT_BYTES);
	RD_TRY(rd_imap_outcome(
		imap, mailimap_noop(imap->session), "say whether there is news", err));
	*ret_news = ready || rd_imap_exists(imap) > before;
	return RD_OK;
}

enum rd_rc rd_imap_await(struct rd_imap *imap, int64_t timeout_ms, int64_t tick_ms,
	void (*tick)(void *context), void *context, bool *ret_news, struct rd_err *err)
{
	struct awaiting a = { rd_monotonic_ms() + timeout_ms, tick_ms, tick, context };
	*ret_news = false;
	return imap->abilities.idle ? idle(imap, &a, ret_news, err)
				    : poll_once(imap, &a, ret_news, err);
}
