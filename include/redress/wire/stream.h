/* stream: one connection to a mail server, TLS verified, that can neither hang nor flood us.
 *
 * The chain and the host name are verified inside the handshake (an address in digits against the
 * certificate's IP names), the name is sent as SNI, nothing below TLS 1.2 is spoken, and there is
 * no way to turn that off: RFC 8314 3, RFC 9325 3.1. Plain text is for this machine's own loopback
 * addresses alone. STARTTLS upgrades a plain stream; bytes that arrived before the upgrade make it
 * fail (CVE-2020-15953), so that nobody on the way can put words into the secured session.
 *
 * Every wait is a poll() on the socket and on wake_fd, untouched by signals. Three clocks bound it:
 * connect_ms for each address, read_ms without a byte, and the deadline of the whole command with
 * its byte budget (rd_stream_begin), which a server that drips cannot stretch. getaddrinfo alone
 * cannot be bounded: open a stream in a thread of its own.
 *
 * Errors are RD_E_AGAIN for what may pass (network, time-out, woken, a closed connection),
 * RD_E_REFUSED for a certificate or a protocol version we do not take, RD_E_RANGE for a limit.
 * After any error but a time-out of rd_stream_wait the stream is of no more use: free it. Not for
 * sharing between threads; the trust is (read-only).
 */
#ifndef REDRESS_WIRE_STREAM_H
#define REDRESS_WIRE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "redress/base/err.h"
#include "redress/wire/config.h"

#define RD_STREAM_LINE_MAX   (64u << 10) /* one protocol line with its end */
#define RD_STREAM_CONNECT_MS 20000
#define RD_STREAM_READ_MS    60000

/* Whom we believe: the system's authorities, or those of one PEM file and no others. Owned. */
struct rd_trust;
RD_MUST_USE enum rd_rc rd_trust_new(
	const char *ca_file, struct rd_trust **ret_trust, struct rd_err *err);
void rd_trust_free(struct rd_trust *trust); /* NULL is fine */
void rd_trust_cleanup(struct rd_trust **trust);

struct rd_stream;

struct rd_stream_options {
	const char *host;
	int port;
	enum rd_security security;    /* STARTTLS opens plain: rd_stream_secure before any secret */
	const struct rd_trust *trust; /* borrowed for the stream's life; NULL for PLAIN alone */
	int wake_fd;		      /* readable: every wait ends at once; -1: none */
	int connect_ms;		      /* 0: RD_STREAM_CONNECT_MS; also bounds the handshake */
	int read_ms;		      /* 0: RD_STREAM_READ_MS */
};

/* Owned: rd_stream_free. With security TLS the handshake is done. Strings are copied. */
RD_MUST_USE enum rd_rc rd_stream_open(
	const struct rd_stream_options *options, struct rd_stream **ret_stream, struct rd_err *err);

/* Upgrades to TLS after the server agreed to STARTTLS. */
RD_MUST_USE enum rd_rc rd_stream_secure(struct rd_stream *stream, struct rd_err *err);

/* A new command: it must be over in deadline_ms (0: no end) and answer at most max_bytes (0: any).
 */
void rd_stream_begin(struct rd_stream *stream, int64_t deadline_ms, uint64_t max_bytes);

/* At least one byte, at most size. The end of the stream is an error. */
RD_MUST_USE enum rd_rc rd_stream_read(
	struct rd_stream *stream, void *data, size_t size, size_t *ret_len, struct rd_err *err);
/* All of it. */
RD_MUST_USE enum rd_rc rd_stream_write(
	struct rd_stream *stream, const void *data, size_t len, struct rd_err *err);
/* One line without its CRLF or LF; RD_E_RANGE past RD_STREAM_LINE_MAX; a NUL in it is RD_E_INPUT.
 * Borrowed until the next call. */
RD_MUST_USE enum rd_rc rd_stream_line(
	struct rd_stream *stream, const char **ret_line, struct rd_err *err);

/* Is there something to read within timeout_ms? Sees what is buffered here or in the TLS layer.
 * *ret_ready is false when the time is over. RD_E_AGAIN when woken. */
RD_MUST_USE enum rd_rc rd_stream_wait(
	struct rd_stream *stream, int64_t timeout_ms, bool *ret_ready, struct rd_err *err);

/* Did wake_fd end the last call? */
bool rd_stream_woken(const struct rd_stream *stream);

int rd_stream_fd(const struct rd_stream *stream);
void rd_stream_free(struct rd_stream *stream); /* NULL is fine */
void rd_stream_cleanup(struct rd_stream **stream);

#endif
