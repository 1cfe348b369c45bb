#include "redress/wire/stream.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "redress/base/clock.h"

#define NAMES_TOLD_MAX	16 /* of a certificate that is another's */
#define HOST_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_*"
/* Nothing below TLS 1.2: RFC 8996. */
#define PRIORITY "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

struct rd_trust {
	gnutls_certificate_credentials_t credentials;
	char *ca_file;
};

struct rd_stream {
	int fd;
	int wake_fd;
	int connect_ms;
	int read_ms;
	char *host;
	int port;
	gnutls_certificate_credentials_t credentials;
	gnutls_session_t tls; /* NULL while plain */
	int64_t deadline_ms;  /* monotonic; 0: none */
	uint64_t budget;      /* bytes left for this command */
	bool has_budget;
	bool woken;
	size_t start; /* unread bytes of buf are [start, end) */
	size_t end;
	char buf[RD_STREAM_LINE_MAX + 1];
};

enum rd_rc rd_trust_new(const char *ca_file, struct rd_trust **ret_trust, struct rd_err *err)
{
	RD_CLEANUP(rd_trust_cleanup) struct rd_trust *trust = calloc(1, sizeof *trust);
	RD_ASSERT(trust);
	if (gnutls_certificate_allocate_credentials(&trust->credentials) < 0)
		return rd_fail(err, RD_E_AGAIN, "TLS: no memory for certificates");
	if (!ca_file || !*ca_file) {
		int n = gnutls_certificate_set_x509_system_trust(trust->credentials);
		if (n <= 0)
			return rd_fail(err, RD_E_AGAIN,
				"TLS: this system trusts no certificate authority; install the "
				"package ca-certificates or name a `CA file:`");
	} else {
		int n = gnutls_certificate_set_x509_trust_file(
			trust->credentials, ca_file, GNUTLS_X509_FMT_PEM);
		if (n <= 0)
			return rd_fail(err, RD_E_INPUT,
				"%s: no certificate authority could be read from it (%s); it must "
				"be "
				"a PEM file",
				ca_file, n < 0 ? gnutls_strerror(n) : "it holds none");
	}
	*ret_trust = RD_STEAL(trust);
	return RD_OK;
}

void rd_trust_free(struct rd_trust *trust)
{
	if (!trust)
		return;
	if (trust->credentials)
		gnutls_certificate_free_credentials(trust->credentials);
	free(trust->ca_file);
	free(trust);
}

void rd_trust_cleanup(struct rd_trust **trust)
{
	rd_trust_free(*trust);
	*trust = NULL;
}

/* Every error names the server. */
RD_PRINTF(4, 5)
static enum rd_rc fail(
	const struct rd_stream *s, struct rd_err *err, enum rd_rc code, const char *format, ...)
{
	char what[RD_ERR_MAX - 80];
	va_list args;
	va_start(args, format);
	vsnprintf(what, sizeof what, format, args);
	va_end(args);
	return rd_fail(err, code, "%s port %d: %s", s->host, s->port, what);
}

enum waited { WAIT_READY, WAIT_TIMEOUT, WAIT_WOKEN, WAIT_ERROR };

/* until_ms: monotonic; negative: no end. poll() and not select(): descriptors may pass 1,023. */
static enum waited wait_for(struct rd_stream *s, short events, int64_t until_ms)
{
	for (;;) {
		int timeout = -1;
		if (until_ms >= 0) {
			int64_t left = until_ms - rd_monotonic_ms();
			timeout = left <= 0 ? 0 : left > 3600000 ? 3600000 : (int)left;
		}
		struct pollfd fds[2] = {
			{ .fd = s->fd, .events = events },
			{ .fd = s->wake_fd, .events = POLLIN },
		};
		int n = poll(fds, s->wake_fd >= 0 ? 2 : 1, timeout);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return WAIT_ERROR;
		if (s->wake_fd >= 0 && fds[1].revents) {
			s->woken = true;
			return WAIT_WOKEN;
		}
		if (n > 0)
			return WAIT_READY;
		if (until_ms >= 0 && rd_monotonic_ms() >= until_ms)
			return WAIT_TIMEOUT;
	}
}

static bool past_deadline(const struct rd_stream *s)
{
	return s->deadline_ms && rd_monotonic_ms() >= s->deadline_ms;
}

/* Waits during a command: by the read time-out or the command's deadline, whichever is first. */
static enum rd_rc wait_in_command(struct rd_stream *s, short events, struct rd_err *err)
{
	int64_t until = rd_monotonic_ms() + s->read_ms;
	if (s->deadline_ms && s->deadline_ms < until)
		until = s->deadline_ms;
	switch (wait_for(s, events, until)) {
	case WAIT_READY:
		return RD_OK;
	case WAIT_WOKEN:
		return fail(s, err, RD_E_AGAIN, "woken while talking to the server");
	case WAIT_TIMEOUT:
		if (past_deadline(s))
			return fail(
				s, err, RD_E_AGAIN, "the server took too long over one command");
		return fail(s, err, RD_E_AGAIN, "the server was silent for %d seconds",
			s->read_ms / 1000);
	case WAIT_ERROR:
		break;
	}
	return fail(s, err, RD_E_AGAIN, "%s", strerror(errno));
}

static bool is_address(const char *host)
{
	struct in6_addr six;
	struct in_addr four;
	return inet_pton(AF_INET, host, &four) == 1 || inet_pton(AF_INET6, host, &six) == 1;
}

static bool is_loopback(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET) {
		struct sockaddr_in four;
		memcpy(&four, address, sizeof four);
		return ntohl(four.sin_addr.s_addr) >> 24 == 127;
	}
	if (address->sa_family == AF_INET6) {
		struct sockaddr_in6 six;
		memcpy(&six, address, sizeof six);
		return IN6_IS_ADDR_LOOPBACK(&six.sin6_addr);
	}
	return false;
}

static enum rd_rc connect_one(
	struct rd_stream *s, const struct addrinfo *address, struct rd_err *err)
{
	s->fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->fd < 0)
		return fail(s, err, RD_E_AGAIN, "%s", strerror(errno));
	int failed = 0;
	if (connect(s->fd, address->ai_addr, address->ai_addrlen) < 0) {
		if (errno != EINPROGRESS && errno != EINTR)
			return fail(s, err, RD_E_AGAIN, "cannot connect: %s", strerror(errno));
		switch (wait_for(s, POLLOUT, rd_monotonic_ms() + s->connect_ms)) {
		case WAIT_READY:
			break;
		case WAIT_WOKEN:
			return fail(s, err, RD_E_AGAIN, "woken while connecting");
		case WAIT_TIMEOUT:
			return fail(s, err, RD_E_AGAIN, "no answer within %d seconds",
				s->connect_ms / 1000);
		case WAIT_ERROR:
			return fail(s, err, RD_E_AGAIN, "%s", strerror(errno));
		}
		socklen_t len = sizeof failed;
		if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &failed, &len) < 0)
			failed = errno;
	}
	if (failed)
		return fail(s, err, RD_E_AGAIN, "cannot connect: %s", strerror(failed));
	int one = 1;
	setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	setsockopt(s->fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
	return RD_OK;
}

static void free_addresses(struct addrinfo **list)
{
	if (*list)
		freeaddrinfo(*list);
}

static enum rd_rc connect_any(struct rd_stream *s, bool loopback_only, struct rd_err *err)
{
	char port[16];
	snprintf(port, sizeof port, "%d", s->port);
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	RD_CLEANUP(free_addresses) struct addrinfo *list = NULL;
	int failed = getaddrinfo(s->host, port, &hints, &list);
	if (failed)
		return fail(s, err, RD_E_AGAIN, "cannot find the server: %s", gai_strerror(failed));
	enum rd_rc rc = fail(s, err, RD_E_AGAIN, "the server has no address");
	for (const struct addrinfo *a = list; a; a = a->ai_next) {
		if (loopback_only && !is_loopback(a->ai_addr)) {
			rc = fail(s, err, RD_E_REFUSED,
				"plain text is for this machine's own addresses alone; write "
				"`Security: tls` or `Security: starttls`");
			continue;
		}
		rc = connect_one(s, a, err);
		if (rc == RD_OK)
			return RD_OK;
		if (s->fd >= 0)
			close(s->fd);
		s->fd = -1;
		if (s->woken)
			break;
	}
	return rc;
}

static void free_certificate(gnutls_x509_crt_t *certificate)
{
	if (*certificate)
		gnutls_x509_crt_deinit(*certificate);
}

/* The names that the server's certificate is for, a few of them: one of those belongs in `Host:`.
 */
static void certificate_names(const struct rd_stream *s, char *out, size_t size)
{
	RD_CLEANUP(free_certificate) gnutls_x509_crt_t certificate = NULL;
	unsigned n_chain = 0;
	const gnutls_datum_t *chain = gnutls_certificate_get_peers(s->tls, &n_chain);
	size_t used = 0;
	out[0] = '\0';
	if (!chain || n_chain == 0 || gnutls_x509_crt_init(&certificate) < 0 ||
		gnutls_x509_crt_import(certificate, &chain[0], GNUTLS_X509_FMT_DER) < 0)
		return;
	for (unsigned i = 0; i < NAMES_TOLD_MAX; i++) {
		char name[128] = "";
		size_t len = sizeof name - 1;
		int kind = gnutls_x509_crt_get_subject_alt_name(certificate, i, name, &len, NULL);
		if (kind == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
			return;
		if (kind != GNUTLS_SAN_DNSNAME || strspn(name, HOST_CHARACTERS) != len)
			continue;
		int n = snprintf(
			out + used, size - used, "%s%.*s", used ? ", " : "", (int)len, name);
		if (n < 0 || (size_t)n >= size - used)
			return;
		used += (size_t)n;
	}
}

/* The first of what is wrong, in the order in which a person can mend it. */
static enum rd_rc certificate_refused(struct rd_stream *s, struct rd_err *err)
{
	unsigned status = gnutls_session_get_verify_cert_status(s->tls);
	char names[200];
	if (status & (GNUTLS_CERT_EXPIRED | GNUTLS_CERT_NOT_ACTIVATED))
		return fail(s, err, RD_E_REFUSED,
			"the server's certificate is not accepted: it %s. Nothing was sent to it. "
			"Whoever keeps the server must renew it; or this machine's clock is wrong.",
			status & GNUTLS_CERT_EXPIRED ? "has expired" : "is not valid yet");
	if (status & GNUTLS_CERT_REVOKED)
		return fail(s, err, RD_E_REFUSED,
			"the server's certificate is not accepted: it was revoked. Nothing was "
			"sent to it. Whoever keeps the server must get a new one.");
	if (status & GNUTLS_CERT_UNEXPECTED_OWNER) {
		certificate_names(s, names, sizeof names);
		return fail(s, err, RD_E_REFUSED,
			"the server's certificate is not accepted: it is for %s and not for %s. "
			"Nothing was sent to it. Write the server's right name in `Host:`.",
			names[0] ? names : "another name", s->host);
	}
	return fail(s, err, RD_E_REFUSED,
		"the server's certificate is not accepted: it is not signed by an authority that "
		"this machine trusts. Nothing was sent to it. Check `Host:`; for a server with an "
		"authority of its own name that one's certificate in `CA file:`.");
}

static enum rd_rc start_tls_session(struct rd_stream *s, struct rd_err *err)
{
	int r = gnutls_init(&s->tls, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL);
	if (r >= 0)
		r = gnutls_priority_set_direct(s->tls, PRIORITY, NULL);
	if (r >= 0)
		r = gnutls_credentials_set(s->tls, GNUTLS_CRD_CERTIFICATE, s->credentials);
	/* RFC 6066 3: no SNI for an address. */
	if (r >= 0 && !is_address(s->host))
		r = gnutls_server_name_set(s->tls, GNUTLS_NAME_DNS, s->host, strlen(s->host));
	if (r < 0)
		return fail(s, err, RD_E_AGAIN, "TLS: %s", gnutls_strerror(r));
	gnutls_session_set_verify_cert(s->tls, s->host, 0);
	gnutls_transport_set_int(s->tls, s->fd);
	return RD_OK;
}

static enum rd_rc handshake(struct rd_stream *s, struct rd_err *err)
{
	if (!s->credentials)
		return fail(s, err, RD_E_BUG, "TLS wanted without a trust");
	RD_TRY(start_tls_session(s, err));
	int64_t until = rd_monotonic_ms() + s->connect_ms;
	for (;;) {
		int r = gnutls_handshake(s->tls);
		if (r == GNUTLS_E_SUCCESS)
			return RD_OK;
		if (r == GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR)
			return certificate_refused(s, err);
		/* Only a dropped connection may pass by itself; anything else is a server that
		 * speaks no TLS, or only an old one. */
		if (r == GNUTLS_E_PUSH_ERROR || r == GNUTLS_E_PULL_ERROR ||
			r == GNUTLS_E_PREMATURE_TERMINATION)
			return fail(s, err, RD_E_AGAIN, "TLS: %s", gnutls_strerror(r));
		if (gnutls_error_is_fatal(r))
			return fail(s, err, RD_E_REFUSED,
				"TLS: %s (TLS 1.2 or newer is required; is this the right port for "
				"the `Security:` given?)",
				gnutls_strerror(r));
		short events = gnutls_record_get_direction(s->tls) ? POLLOUT : POLLIN;
		switch (rd_monotonic_ms() >= until ? WAIT_TIMEOUT : wait_for(s, events, until)) {
		case WAIT_READY:
			break;
		case WAIT_WOKEN:
			return fail(s, err, RD_E_AGAIN, "woken during the TLS handshake");
		case WAIT_TIMEOUT:
			return fail(s, err, RD_E_AGAIN,
				"the TLS handshake did not end within %d seconds",
				s->connect_ms / 1000);
		case WAIT_ERROR:
			return fail(s, err, RD_E_AGAIN, "%s", strerror(errno));
		}
	}
}

enum rd_rc rd_stream_open(
	const struct rd_stream_options *options, struct rd_stream **ret_stream, struct rd_err *err)
{
	RD_CLEANUP(rd_stream_cleanup) struct rd_stream *s = calloc(1, sizeof *s);
	RD_ASSERT(s);
	s->fd = -1;
	s->wake_fd = options->wake_fd;
	s->connect_ms = options->connect_ms ? options->connect_ms : RD_STREAM_CONNECT_MS;
	s->read_ms = options->read_ms ? options->read_ms : RD_STREAM_READ_MS;
	s->host = strdup(options->host);
	RD_ASSERT(s->host);
	s->port = options->port;
	s->credentials = options->trust ? options->trust->credentials : NULL;
	RD_TRY(connect_any(s, options->security == RD_SECURITY_PLAIN, err));
	if (options->security == RD_SECURITY_TLS)
		RD_TRY(handshake(s, err));
	*ret_stream = RD_STEAL(s);
	return RD_OK;
}

enum rd_rc rd_stream_secure(struct rd_stream *s, struct rd_err *err)
{
	RD_ASSERT(!s->tls);
	if (s->start < s->end)
		return fail(s, err, RD_E_REFUSED,
			"the server sent more before TLS began: somebody on the way may be putting "
			"words into its mouth. Nothing was sent to it.");
	return handshake(s, err);
}

void rd_stream_begin(struct rd_stream *s, int64_t deadline_ms, uint64_t max_bytes)
{
	s->deadline_ms = deadline_ms > 0 ? rd_monotonic_ms() + deadline_ms : 0;
	s->has_budget = max_bytes > 0;
	s->budget = max_bytes;
	s->woken = false;
}

/* One successful receive, as it comes. */
static enum rd_rc receive(
	struct rd_stream *s, void *data, size_t size, size_t *ret_len, struct rd_err *err)
{
	for (;;) {
		if (past_deadline(s))
			return fail(
				s, err, RD_E_AGAIN, "the server took too long over one command");
		ssize_t n;
		bool again;
		if (s->tls) {
			n = gnutls_record_recv(s->tls, data, size);
			again = n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED;
			if (n < 0 && !again && !gnutls_error_is_fatal((int)n))
				continue; /* a warning alert, a rehandshake request that we pass
					     over */
			if (n < 0 && !again)
				return fail(s, err, RD_E_AGAIN, "TLS: %s", gnutls_strerror((int)n));
		} else {
			n = recv(s->fd, data, size, 0);
			again = n < 0 && (errno == EAGAIN || errno == EINTR);
			if (n < 0 && !again)
				return fail(s, err, RD_E_AGAIN, "%s", strerror(errno));
		}
		if (n == 0)
			return fail(s, err, RD_E_AGAIN, "the server closed the connection");
		if (again) {
			RD_TRY(wait_in_command(s, POLLIN, err));
			continue;
		}
		size_t len = (size_t)n;
		if (s->has_budget && len > s->budget)
			return fail(s, err, RD_E_RANGE,
				"the server's answer is longer than any that was asked for");
		s->budget -= s->has_budget ? len : 0;
		*ret_len = len;
		return RD_OK;
	}
}

enum rd_rc rd_stream_read(
	struct rd_stream *s, void *data, size_t size, size_t *ret_len, struct rd_err *err)
{
	if (s->start < s->end) {
		size_t len = s->end - s->start;
		if (len > size)
			len = size;
		memcpy(data, s->buf + s->start, len);
		s->start += len;
		*ret_len = len;
		return RD_OK;
	}
	return receive(s, data, size, ret_len, err);
}

enum rd_rc rd_stream_write(struct rd_stream *s, const void *data, size_t len, struct rd_err *err)
{
	const char *from = data;
	while (len > 0) {
		ssize_t n;
		bool again;
		if (s->tls) {
			n = gnutls_record_send(s->tls, from, len);
			again = n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED;
			if (n < 0 && !again)
				return fail(s, err, RD_E_AGAIN, "TLS: %s", gnutls_strerror((int)n));
		} else {
			n = send(s->fd, from, len, MSG_NOSIGNAL);
			again = n < 0 && (errno == EAGAIN || errno == EINTR);
			if (n < 0 && !again)
				return fail(s, err, RD_E_AGAIN, "%s", strerror(errno));
		}
		if (again) {
			RD_TRY(wait_in_command(s, POLLOUT, err));
			continue;
		}
		from += n;
		len -= (size_t)n;
	}
	return RD_OK;
}

enum rd_rc rd_stream_line(struct rd_stream *s, const char **ret_line, struct rd_err *err)
{
	size_t looked = s->start;
	for (;;) {
		char *end = looked < s->end ? memchr(s->buf + looked, '\n', s->end - looked) : NULL;
		if (end) {
			char *line = s->buf + s->start;
			size_t len = (size_t)(end - line);
			s->start += len + 1;
			if (len > 0 && line[len - 1] == '\r')
				len--;
			line[len] = '\0';
			if (memchr(line, '\0', len))
				return fail(s, err, RD_E_INPUT, "the server sent a NUL in a line");
			*ret_line = line;
			return RD_OK;
		}
		if (s->start > 0) {
			memmove(s->buf, s->buf + s->start, s->end - s->start);
			s->end -= s->start;
			s->start = 0;
		}
		looked = s->end;
		if (s->end >= RD_STREAM_LINE_MAX)
			return fail(s, err, RD_E_RANGE,
				"the server sent a line of more than %u bytes", RD_STREAM_LINE_MAX);
		size_t len = 0;
		RD_TRY(receive(s, s->buf + s->end, RD_STREAM_LINE_MAX - s->end, &len, err));
		s->end += len;
	}
}

enum rd_rc rd_stream_wait(
	struct rd_stream *s, int64_t timeout_ms, bool *ret_ready, struct rd_err *err)
{
	s->woken = false;
	*ret_ready = true;
	if (s->start < s->end || (s->tls && gnutls_record_check_pending(s->tls) > 0))
		return RD_OK;
	switch (wait_for(s, POLLIN, timeout_ms < 0 ? -1 : rd_monotonic_ms() + timeout_ms)) {
	case WAIT_READY:
		return RD_OK;
	case WAIT_TIMEOUT:
		*ret_ready = false;
		return RD_OK;
	case WAIT_WOKEN:
		return fail(s, err, RD_E_AGAIN, "woken while waiting for the server");
	case WAIT_ERROR:
		break;
	}
	return fail(s, err, RD_E_AGAIN, "%s", strerror(errno));
}

bool rd_stream_woken(const struct rd_stream *s)
{
	return s->woken;
}

int rd_stream_fd(const struct rd_stream *s)
{
	return s->fd;
}

void rd_stream_free(struct rd_stream *s)
{
	if (!s)
		return;
	if (s->tls) {
		gnutls_bye(s->tls, GNUTLS_SHUT_WR); /* does not block: the socket does not */
		gnutls_deinit(s->tls);
	}
	if (s->fd >= 0)
		close(s->fd);
	free(s->host);
	free(s);
}

void rd_stream_cleanup(struct rd_stream **stream)
{
	rd_stream_free(*stream);
	*stream = NULL;
}
