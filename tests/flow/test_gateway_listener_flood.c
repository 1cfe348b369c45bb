/* A flood at the listener: neither others' messages are lost, nor are more letters sent than the
 * caps allow, nor more tasks opened than one. RD_FLOOD_REQUESTS=10000 makes it full size. */
#include "support/house.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "redress/gateway/listening.h"
#include "redress/intake/webhook.h"
#include "redress/wire/providers/encode.h"
#include "redress/wire/providers/twilio.h"

#define N_USUAL	  600 /* requests of each flood */
#define N_OTHERS  10
#define N_STREAMS 4
#define FLOODER	  "447700900666"
#define TOKEN	  "12345"

static struct {
	struct house *h;
	struct rd_desk desk; /* the listener's */
	struct rd_listening listening;
	struct rd_webhook_calls calls;
	struct rd_webhook *webhook;
	char url[64];
	int n_requests;
} t;

static void on_event(
	void *context, enum rd_webhook_event event, const char *texts, const char *detail)
{
	(void)context;
	rd_listening_event(&t.listening, event, texts, detail);
}

static bool on_health(void *context, struct rd_buf *out)
{
	(void)context;
	(void)out;
	return true;
}

static void on_metrics(void *context, struct rd_buf *out)
{
	struct rd_err err = { 0 };

	(void)context;
	assert_int_equal(rd_listening_metrics(&t.listening, out, &err), RD_OK);
}

static struct house *begin(const char *proxy)
{
	static const struct rd_actor actor = { RD_ACTOR_DAEMON, -1 };
	const char *wanted = getenv("RD_FLOOD_REQUESTS");
	struct house *h = house_new(NULL);
	char path[FOLDER_MAX + 16];

	memset(&t, 0, sizeof t);
	t.h = h;
	t.n_requests = wanted ? (int)strtol(wanted, NULL, 10) : N_USUAL;
	snprintf(path, sizeof path, "%s/token", h->dir);
	chmod(path, 0600);
	if (proxy != NULL) {
		const char **list = rd_arena_array(h->arena, 1, sizeof *list);
		list[0] = proxy;
		h->config->trusted_proxies = list;
		h->config->n_trusted_proxies = 1;
	}
	OK(rd_desk_open(&t.desk, h->store, h->config, &h->clock, &actor, &h->err));
	rd_listening_begin(&t.listening, &t.desk);
	t.calls = (struct rd_webhook_calls){
		.on_event = on_event, .health = on_health, .metrics = on_metrics
	};
	OK(rd_webhook_start(h->config, h->store, &h->clock, &t.calls, NULL, &t.webhook, &h->err));
	snprintf(t.url, sizeof t.url, "http://127.0.0.1:%d", rd_webhook_port(t.webhook));
	return h;
}

static void stop(void)
{
	rd_webhook_stop(t.webhook);
	rd_desk_close(&t.desk);
}

static size_t drop(char *data, size_t size, size_t n, void *context)
{
	(void)data;
	(void)context;
	return size * n;
}

/* signature NULL: none. Keeps the connection. */
static long post(CURL *curl, const char *body, const char *signature, const char *more)
{
	struct curl_slist *list = curl_slist_append(NULL, "Expect:");
	char url[128], header[160];
	long status = 0;

	snprintf(url, sizeof url, "%s/sms/texts", t.url);
	snprintf(header, sizeof header, "X-Twilio-Signature: %s", signature ? signature : "none");
	list = curl_slist_append(list, header);
	if (more != NULL)
		list = curl_slist_append(list, more);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, drop);
	if (curl_easy_perform(curl) == CURLE_OK)
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	curl_slist_free_all(list);
	return status;
}

static long post_signed(CURL *curl, const char *id, const char *from, const char *words)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(1u << 20);
	char body[1024], signed_url[128];
	struct rd_err err = { 0 };
	struct rd_form form;

	snprintf(body, sizeof body, "MessageSid=%s&From=%%2B%s&To=%%2B447700900000&Body=%s", id,
		from, words);
	snprintf(signed_url, sizeof signed_url, "%s/sms/texts", t.url);
	assert_int_equal(rd_form_parse(body, strlen(body), arena, &form, &err), RD_OK);
	return post(curl, body, rd_twilio_sign(arena, TOKEN, signed_url, &form), NULL);
}

/* --- the streams of a flood --- */

struct stream {
	pthread_t thread;
	int number;
	bool is_signed;
	int n_taken, n_turned_down, n_other;
};

static void *run_stream(void *context)
{
	struct stream *s = context;
	CURL *curl = curl_easy_init();

	for (int i = 0; i < t.n_requests / N_STREAMS; i++) {
		char id[32];
		snprintf(id, sizeof id, "SM-flood-%d-%d", s->number, i);
		const long status = s->is_signed
					    ? post_signed(curl, id, FLOODER, "Answer+me+now")
					    : post(curl, "From=%2B447700900666&Body=x", NULL, NULL);
		if (status == 200)
			s->n_taken++;
		else if (status == 403 || status == 429 || status == 503)
			s->n_turned_down++;
		else
			s->n_other++;
	}
	curl_easy_cleanup(curl);
	return NULL;
}

/* Others send while it lasts, each tried until taken, as their provider does. */
static void flood(bool is_signed, struct stream streams[static N_STREAMS])
{
	CURL *curl = curl_easy_init();

	for (int i = 0; i < N_STREAMS; i++) {
		streams[i] = (struct stream){ .number = i, .is_signed = is_signed };
		assert_int_equal(
			pthread_create(&streams[i].thread, NULL, run_stream, &streams[i]), 0);
	}
	for (int i = 0; i < N_OTHERS; i++) {
		char id[32], from[32];
		snprintf(id, sizeof id, "SM-other-%d-%d", is_signed, i);
		snprintf(from, sizeof from, "44770090070%d", i);
		assert_int_equal(post_signed(curl, id, from, "The+tap+in+the+bathroom+leaks"), 200);
	}
	for (int i = 0; i < N_STREAMS; i++)
		pthread_join(streams[i].thread, NULL);
	curl_easy_cleanup(curl);
}

static size_t n_flood_tasks(struct house *h)
{
	struct rd_task *tasks;
	size_t n, found = 0;

	OK(rd_task_list(h->db, (struct rd_date){ 0 }, h->arena, &tasks, &n, &h->err));
	for (size_t i = 0; i < n; i++)
		found += strcmp(tasks[i].kind, RD_TASK_FLOOD) == 0;
	return found;
}

static void what_is_not_signed_costs_nobody_anything(void **state)
{
	struct house *h = begin(NULL);
	struct stream streams[N_STREAMS];
	struct rd_status_counts counts;

	*state = h;
	flood(false, streams);
	stop();
	for (int i = 0; i < N_STREAMS; i++) {
		assert_int_equal(streams[i].n_taken, 0);
		assert_int_equal(streams[i].n_other, 0);
	}
	OK(rd_status_counts(h->db, &counts, &h->err));
	assert_int_equal(counts.accepted, N_OTHERS);
	assert_int_equal(t.listening.counts[RD_WEBHOOK_REFUSED], t.n_requests);
	assert_true(house_alarm(h, "texts-unsigned:texts"));
	assert_int_equal(n_flood_tasks(h), 0);
	house_work_texts(h);
	assert_int_equal(house_n_cases(h), N_OTHERS);
}

static void one_number_is_one_case_and_one_task(void **state)
{
	struct house *h = begin(NULL);
	struct stream streams[N_STREAMS];
	struct rd_status_counts counts;
	struct rd_outbox_row *letters;
	size_t n_letters, n_to_flooder = 0;
	int taken = 0;

	*state = h;
	flood(true, streams);
	stop();
	for (int i = 0; i < N_STREAMS; i++) {
		taken += streams[i].n_taken;
		assert_int_equal(streams[i].n_other, 0);
	}
	/* A flood may last longer than the minute that its texts are counted in. */
	assert_in_range(taken, 1, rd_webhook_usual_limits.sender_per_minute * 5);
	OK(rd_status_counts(h->db, &counts, &h->err));
	assert_int_equal(counts.accepted, N_OTHERS + taken);
	assert_true(house_alarm(h, "texts-flood:texts"));
	assert_int_equal(n_flood_tasks(h), 1);
	house_work_texts(h);
	assert_int_equal(house_n_cases(h), N_OTHERS + 1);
	house_send(h);
	OK(rd_outbox_list(h->db, NULL, h->arena, &letters, &n_letters, &h->err));
	for (size_t i = 0; i < n_letters; i++)
		n_to_flooder += letters[i].state == RD_OUTBOX_SENT &&
				strcmp(letters[i].recipient, "+" FLOODER) == 0;
	assert_in_range(n_to_flooder, 0, 6);
	/* One task of its case, and the flood's. */
	OK(rd_status_counts(h->db, &counts, &h->err));
	assert_in_range(counts.tasks_open, 1, 3 * (N_OTHERS + 1) + 1);
}

/* --- behind a proxy --- */

static int dial_as(const char *client)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	char text[256];
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	address.sin_port = htons((uint16_t)rd_webhook_port(t.webhook));
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
	const int len = snprintf(text, sizeof text,
		"POST /sms/texts HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: %s\r\n"
		"Content-Length: 5\r\n\r\na",
		client);
	assert_int_equal(send(fd, text, (size_t)len, MSG_NOSIGNAL), len);
	return fd;
}

/* One of them has been answered 429; which of them the listener came to last is its own affair. */
static void one_is_refused(const int *fds, int n)
{
	struct pollfd waiting[65];
	char answer[256] = "";

	assert_in_range(n, 1, 65);
	for (int i = 0; i < n; i++)
		waiting[i] = (struct pollfd){ .fd = fds[i], .events = POLLIN };
	assert_true(poll(waiting, (nfds_t)n, -1) > 0);
	for (int i = 0; i < n; i++)
		if (waiting[i].revents != 0) {
			assert_true(recv(fds[i], answer, sizeof answer - 1, 0) > 0);
			assert_non_null(strstr(answer, " 429 "));
			return;
		}
}

static void behind_a_proxy_each_client_has_its_own_room(void **state)
{
	struct house *h = begin("127.0.0.1");
	const int room = rd_webhook_usual_limits.connections_per_address;
	int fds[65];

	*state = h;
	assert_in_range(room, 1, 64);
	/* Each is under way, its body never whole; what the client itself wrote does not help. */
	for (int i = 0; i < room; i++)
		fds[i] = dial_as("203.0.113.9");
	fds[room] = dial_as("198.51.100.7, 203.0.113.9");
	one_is_refused(fds, room + 1);
	CURL *curl = curl_easy_init();
	assert_int_equal(
		post(curl, "a=b", NULL, "X-Forwarded-For: 203.0.113.9, 198.51.100.7"), 403);
	curl_easy_cleanup(curl);
	for (int i = 0; i <= room; i++)
		close(fds[i]);
	stop();
	assert_int_equal(t.listening.counts[RD_WEBHOOK_TURNED_AWAY], 1);
}

static void headers_have_a_most(void **state)
{
	struct house *h = begin(NULL);
	CURL *curl = curl_easy_init();
	char *header = rd_arena_alloc(h->arena, 64u << 10);

	*state = h;
	memset(header, 'x', 64u << 10);
	memcpy(header, "X-Long: ", 8);
	header[40 << 10] = '\0';
	const long refused = post(curl, "a=b", NULL, header);
	assert_true(refused == 431 || refused == 413 || refused == 0);
	header[8 << 10] = '\0';
	assert_int_equal(post(curl, "a=b", NULL, header), 403);
	curl_easy_cleanup(curl);
	stop();
}

int main(int argc, char **argv)
{
	house_main(argc, argv);
	const struct CMUnitTest tests[] = {
		house_test_own(what_is_not_signed_costs_nobody_anything),
		house_test_own(one_number_is_one_case_and_one_task),
		house_test_own(behind_a_proxy_each_client_has_its_own_room),
		house_test_own(headers_have_a_most),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
