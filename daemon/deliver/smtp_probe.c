#include "redress/deliver/smtp_probe.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "redress/deliver/smtp_words.h"
#include "redress/wire/stream.h"

#define STEP_BYTES (64u << 10)
#define LINES_MAX  100

struct talk {
	struct rd_stream *stream;
	int timeout_ms;
	struct rd_smtp_offer offer;
	char last[200]; /* the server's last line, control characters as blanks */
};

static void read_mechanisms(const char *list, struct rd_smtp_offer *offer)
{
	while (*list) {
		list += strspn(list, " ");
		size_t len = strcspn(list, " ");
		if ((len == 5 && strncasecmp(list, "PLAIN", 5) == 0) ||
			(len == 5 && strncasecmp(list, "LOGIN", 5) == 0))
			offer->password = true;
		if ((len == 7 && strncasecmp(list, "XOAUTH2", 7) == 0) ||
			(len == 11 && strncasecmp(list, "OAUTHBEARER", 11) == 0))
			offer->token = true;
		list += len;
	}
}

static void read_offer(const char *words, struct rd_smtp_offer *offer)
{
	if (strncasecmp(words, "STARTTLS", 8) == 0)
		offer->starttls = true;
	if (strncasecmp(words, "AUTH ", 5) == 0)
		read_mechanisms(words + 5, offer);
}

static bool is_reply(const char *line)
{
	return strspn(line, "0123456789") == 3 &&
	       (line[3] == ' ' || line[3] == '-' || line[3] == '\0');
}

/* RFC 5321 4.2: lines with a hyphen behind the code go on. */
static enum rd_rc read_reply(struct talk *t, int *ret_class, struct rd_err *err)
{
	for (int n = 0; n < LINES_MAX; n++) {
		const char *line = NULL;
		RD_TRY(rd_stream_line(t->stream, &line, err));
		if (!is_reply(line))
			return rd_fail(err, RD_E_REFUSED,
				"what answers does not speak SMTP; is this the right port for the "
				"`Security:` given?");
		snprintf(t->last, sizeof t->last, "%s", line);
		for (char *c = t->last; *c; c++)
			if ((unsigned char)*c < ' ' || *c == 0x7f)
				*c = ' ';
		if (line[3])
			read_offer(line + 4, &t->offer);
		if (line[3] != '-') {
			*ret_class = line[0] - '0';
			return RD_OK;
		}
	}
	return rd_fail(err, RD_E_RANGE, "the server talks without end");
}

static enum rd_rc ask(struct talk *t, const char *command, struct rd_err *err)
{
	int class = 0;
	rd_stream_begin(t->stream, t->timeout_ms, STEP_BYTES);
	RD_TRY(rd_stream_write(t->stream, command, strlen(command), err));
	RD_TRY(read_reply(t, &class, err));
	if (class == 2)
		return RD_OK;
	return rd_fail(err, class == 4 ? RD_E_AGAIN : RD_E_REFUSED, "the server refuses %.*s: %s",
		(int)strcspn(command, " \r"), command, t->last);
}

static enum rd_rc hello(struct talk *t, const char *from, struct rd_err *err)
{
	char domain[256], command[300];
	rd_smtp_own_domain(from, domain);
	snprintf(command, sizeof command, "EHLO %s\r\n", domain);
	t->offer = (struct rd_smtp_offer){ .starttls = false };
	return ask(t, command, err);
}

static enum rd_rc greeting(struct talk *t, struct rd_err *err)
{
	int class = 0;
	rd_stream_begin(t->stream, t->timeout_ms, STEP_BYTES);
	RD_TRY(read_reply(t, &class, err));
	if (class == 2)
		return RD_OK;
	return rd_fail(err, class == 4 ? RD_E_AGAIN : RD_E_REFUSED, "the server turns us away: %s",
		t->last);
}

static enum rd_rc start_tls(struct talk *t, const char *from, struct rd_err *err)
{
	if (!t->offer.starttls)
		return rd_fail(err, RD_E_REFUSED,
			"the server does not offer STARTTLS; use `Security: tls` with its port, "
			"usually 465. Nothing was sent to it.");
	RD_TRY(ask(t, "STARTTLS\r\n", err));
	RD_TRY(rd_stream_secure(t->stream, err));
	return hello(t, from, err);
}

static enum rd_rc look(struct talk *t, const struct rd_outgoing_config *config, struct rd_err *err)
{
	struct rd_err unheard = { 0 };
	RD_TRY(greeting(t, err));
	RD_TRY(hello(t, config->from, err));
	if (config->security == RD_SECURITY_STARTTLS)
		RD_TRY(start_tls(t, config->from, err));
	struct rd_smtp_offer offer = t->offer;
	(void)!ask(t, "QUIT\r\n", &unheard);
	t->offer = offer;
	return RD_OK;
}

enum rd_rc rd_smtp_probe(const struct rd_outgoing_config *config, int timeout_ms,
	struct rd_smtp_offer *ret_offer, struct rd_err *err)
{
	RD_CLEANUP(rd_trust_cleanup) struct rd_trust *trust = NULL;
	RD_CLEANUP(rd_stream_cleanup) struct rd_stream *stream = NULL;
	char server[300];
	if (config->security != RD_SECURITY_PLAIN)
		RD_TRY(rd_trust_new(config->ca_file, &trust, err));
	const struct rd_stream_options options = { .host = config->host,
		.port = config->port,
		.security = config->security,
		.trust = trust,
		.wake_fd = -1,
		.connect_ms = timeout_ms,
		.read_ms = timeout_ms };
	RD_TRY(rd_stream_open(&options, &stream, err));
	struct talk t = { .stream = stream, .timeout_ms = timeout_ms };
	enum rd_rc rc = look(&t, config, err);
	snprintf(server, sizeof server, "%s port %d", config->host, config->port);
	if (rc != RD_OK)
		return strstr(err->msg, server) ? rc : rd_fail_within(err, "%s", server);
	*ret_offer = t.offer;
	return RD_OK;
}
