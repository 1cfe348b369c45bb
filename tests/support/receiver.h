/* receiver: one of the landlord's systems, on loopback: keeps what it is sent and answers as the
 * script says, one act a request; behind its end 200.
 *
 *	"200"           that status                 "429 7"   with Retry-After: 7
 *	"301 URL"       with Location               "cut"     closes without an answer
 *	"401 Date: ..." with that header
 *	"slow"          no answer until the other side gives up
 *	"[...]" "{...}" 200 with that JSON
 */
#ifndef REDRESS_SUPPORT_RECEIVER_H
#define REDRESS_SUPPORT_RECEIVER_H

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define RECEIVER_REQUESTS_MAX 64
#define RECEIVER_BYTES_MAX    16384

struct receiver {
	int fd, port;
	pthread_t thread;
	const char *const *script; /* NULL-ended */
	char requests[RECEIVER_REQUESTS_MAX][RECEIVER_BYTES_MAX];
	size_t n;
};

static inline size_t receiver_body_at(const char *request, size_t len)
{
	const char *end = memmem(request, len, "\r\n\r\n", 4);

	return end ? (size_t)(end - request) + 4 : 0;
}

/* The value of a header, in the caller's buffer; "" where there is none. */
static inline const char *receiver_header(
	const char *request, const char *name, char *out, size_t size)
{
	const size_t len = strlen(name);

	out[0] = '\0';
	for (const char *line = strstr(request, "\r\n"); line; line = strstr(line + 2, "\r\n")) {
		if (strncasecmp(line + 2, name, len) != 0 || line[2 + len] != ':')
			continue;
		const char *value = line + 3 + len + strspn(line + 3 + len, " ");
		snprintf(out, size, "%.*s", (int)strcspn(value, "\r"), value);
		return out;
	}
	return out;
}

static inline const char *receiver_body(const char *request)
{
	return request + receiver_body_at(request, strlen(request));
}

static inline void receiver_read(int fd, char *request)
{
	char text[32];
	size_t len = 0, body;

	for (;;) {
		const ssize_t n = recv(fd, request + len, RECEIVER_BYTES_MAX - 1 - len, 0);
		if (n <= 0)
			return;
		len += (size_t)n;
		request[len] = '\0';
		body = receiver_body_at(request, len);
		if (body == 0)
			continue;
		receiver_header(request, "Content-Length", text, sizeof text);
		if (len >= body + strtoul(text, NULL, 10))
			return;
	}
}

/* Then waits until the other side has it all. */
static inline void receiver_send(int fd, const char *text, size_t len)
{
	char rest;

	if (send(fd, text, len, MSG_NOSIGNAL) != (ssize_t)len)
		return;
	shutdown(fd, SHUT_WR);
	while (recv(fd, &rest, 1, 0) > 0)
		;
}

static inline void receiver_answer(int fd, const char *act)
{
	char text[1024], rest;

	if (strcmp(act, "cut") == 0)
		return;
	if (strcmp(act, "slow") == 0) {
		while (recv(fd, &rest, 1, 0) > 0)
			;
		return;
	}
	if (act[0] == '[' || act[0] == '{') {
		const int whole = snprintf(text, sizeof text,
			"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
			"Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
			strlen(act), act);
		receiver_send(fd, text, (size_t)whole);
		return;
	}
	const char *more = strchr(act, ' ');
	const int len = snprintf(text, sizeof text,
		"HTTP/1.1 %.3s Said\r\nContent-Length: 3\r\nConnection: close\r\n%s%s%s\r\nok\n",
		act,
		!more		     ? ""
		: act[0] == '3'	     ? "Location: "
		: strstr(more, ": ") ? ""
				     : "Retry-After: ",
		more ? more + 1 : "", more ? "\r\n" : "");
	receiver_send(fd, text, (size_t)len);
}

static inline void *receiver_run(void *context)
{
	struct receiver *r = context;
	size_t at = 0;

	for (;;) {
		const int fd = accept(r->fd, NULL, NULL);
		if (fd < 0)
			return NULL;
		if (r->n == RECEIVER_REQUESTS_MAX)
			abort();
		receiver_read(fd, r->requests[r->n]);
		r->n++;
		receiver_answer(fd, r->script && r->script[at] ? r->script[at++] : "200");
		close(fd);
	}
}

static inline void receiver_start(struct receiver *r, const char *const *script)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t len = sizeof address;

	memset(r, 0, sizeof *r);
	r->script = script;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	r->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(r->fd, (struct sockaddr *)&address, len) != 0 || listen(r->fd, 16) != 0 ||
		getsockname(r->fd, (struct sockaddr *)&address, &len) != 0)
		abort();
	r->port = ntohs(address.sin_port);
	if (pthread_create(&r->thread, NULL, receiver_run, r) != 0)
		abort();
}

/* After this the requests may be read. */
static inline void receiver_stop(struct receiver *r)
{
	shutdown(r->fd, SHUT_RDWR);
	pthread_join(r->thread, NULL);
	close(r->fd);
}

#endif
