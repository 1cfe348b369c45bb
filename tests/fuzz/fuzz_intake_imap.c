/* What a server may answer, once we are logged in: each input is the server's whole side, and our
 * side goes through its commands over a real stream until one of them fails. */
#include <arpa/inet.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"
#include "redress/intake/imap_session.h"

/* libetpan forgets some forty bytes where an answer breaks off; the session ends there, and the
 * growing pauses between sessions bound it. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libetpan.so";
}

/* A listener of our own, made once: libFuzzer calls us for ever. */
static int listen_once(int *ret_port)
{
	static int listener = -1;
	static int port;
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof at;
	if (listener < 0) {
		at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (bind(listener, (struct sockaddr *)&at, len) != 0 || listen(listener, 5) != 0 ||
			getsockname(listener, (struct sockaddr *)&at, &len) != 0)
			abort();
		port = ntohs(at.sin_port);
	}
	*ret_port = port;
	return listener;
}

static struct rd_stream *play(const uint8_t *data, size_t size)
{
	struct rd_stream *stream = NULL;
	struct rd_err err = { 0 };
	int port = 0;
	int listener = listen_once(&port);
	const struct rd_stream_options options = {
		.host = "127.0.0.1",
		.port = port,
		.security = RD_SECURITY_PLAIN,
		.wake_fd = -1,
		.read_ms = 1000,
	};
	if (rd_stream_open(&options, &stream, &err) != RD_OK)
		abort();
	int peer = accept(listener, NULL, NULL);
	if (peer < 0)
		abort();
	/* No reset when we close with their bytes unread, and no port left waiting. */
	struct linger at_once = { .l_onoff = 1 };
	setsockopt(rd_stream_fd(stream), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
	if (size > 0 && send(peer, data, size, MSG_NOSIGNAL) != (ssize_t)size)
		abort();
	shutdown(peer, SHUT_WR);
	close(peer);
	return stream;
}

static enum rd_rc on_mail(void *context, struct rd_imap_mail *mail, struct rd_err *err)
{
	(void)err;
	volatile uint8_t *sum = context;
	for (size_t i = 0; i < mail->len; i++)
		*sum = (uint8_t)(*sum + (uint8_t)mail->data[i]);
	return RD_OK;
}

static enum rd_rc talk(struct rd_imap *imap, struct rd_err *err)
{
	static const uint32_t uids[] = { 1, 2, 5 };
	struct rd_imap_folder folder = { 0 };
	RD_CLEANUP(rd_uids_free) struct rd_uids listed = { 0 };
	uint8_t sum = 0;
	char *data = NULL;
	size_t len = 0;
	bool news = false;
	uint32_t first = 0;
	RD_TRY(rd_imap_select(imap, "INBOX", &folder, err));
	(void)rd_imap_keeps_keyword(imap, "$Redress");
	RD_TRY(rd_imap_list(imap, 1, &listed, err));
	RD_TRY(rd_imap_fetch(imap, uids, 3, on_mail, &sum, err));
	RD_TRY(rd_imap_fetch_piece(imap, 1, 0, &data, &len, err));
	rd_imap_data_free(data);
	RD_TRY(rd_imap_first_since(imap, 1, &first, err));
	RD_TRY(rd_imap_add_keyword(imap, uids, 3, "$Redress", err));
	RD_TRY(rd_imap_move(imap, uids, 3, "Done", err));
	return rd_imap_await(imap, 0, 1000, NULL, NULL, &news, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct rd_imap_abilities abilities = { .idle = true, .move = true };
	struct rd_err err = { 0 };
	RD_CLEANUP(rd_imap_cleanup) struct rd_imap *imap = NULL;
	if (size > 65536)
		return 0;
	if (rd_imap_new(play(data, size), &abilities, "fuzz", &imap, &err) != RD_OK)
		abort();
	rd_imap_set_deadline(imap, 5000);
	(void)!talk(imap, &err);
	return 0;
}
