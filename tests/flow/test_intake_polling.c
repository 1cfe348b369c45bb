/* Lists of received texts walked through at scripted providers, and their pictures fetched. */
#include "support/store_world.h"

#include <pthread.h>
#include <stdio.h>
#include "redress/intake/pictures.h"
#include "redress/intake/polling.h"
#include "redress/intake/text_intake.h"
#include "redress/store/tasks.h"
#include "redress/store/text_media.h"
#include "redress/store/text_poll.h"
#include "support/child.h"

#define HOUR_MS (3600 * (int64_t)1000)

static const struct {
	enum rd_texts_kind kind;
	const char *account, *user;
	bool pages;   /* it pages its list */
	bool own_ids; /* the id is the provider's */
} kinds[] = {
	{ RD_TEXTS_TWILIO, "AC1", "", true, true },
	{ RD_TEXTS_NOTIFY, "", "", true, true },
	{ RD_TEXTS_VONAGE, "abcd1234", "", false, true },
	{ RD_TEXTS_ESENDEX, "EX0000001", "it@example.org", true, true },
	{ RD_TEXTS_FIRETEXT, "", "redress", false, false },
};
#define N_KINDS (sizeof kinds / sizeof kinds[0])

/* One provider for all tests; a number and a store for each. */
static struct child provider;

struct world {
	struct store_world store;
	char secret[FOLDER_MAX + 16], api_url[64];
	struct rd_texts_config texts;
	struct rd_clock clock;
	int64_t ahead_ms; /* of the machine's clock */
	struct rd_http *http;
	struct rd_arena *arena;
	struct rd_poll poll;
	struct rd_poll_rest rest;
	struct rd_polled polled;
	struct rd_err err;
};

static int64_t clock_now(void *context)
{
	return rd_now_ms(&rd_system_clock) + ((struct world *)context)->ahead_ms;
}

RD_PRINTF(1, 2) static void tell(const char *format, ...)
{
	char line[512];
	va_list args;
	va_start(args, format);
	vsnprintf(line, sizeof line, format, args);
	va_end(args);
	child_ask(&provider, line);
}

static struct world *open_world(size_t i)
{
	void *store = NULL;
	struct world *w = calloc(1, sizeof *w);
	assert_non_null(w);
	world_setup(&store);
	w->store = *(struct store_world *)store;
	free(store);
	snprintf(w->secret, sizeof w->secret, "%s/secret", w->store.dir);
	snprintf(w->api_url, sizeof w->api_url, "http://127.0.0.1:%d", provider.port);
	FILE *file = fopen(w->secret, "we");
	assert_non_null(file);
	/* As good as any: for Notify it must look like one of its keys. */
	fputs("k-26785a09-ab16-4eb0-8407-a37497a57506-3d844edf-8d35-48ac-975b-e847b4f122b0\n",
		file);
	fclose(file);
	chmod(w->secret, 0600);
	const struct rd_secret_place secret = { RD_SECRET_FILE, w->secret };
	w->texts = (struct rd_texts_config){ .name = "line",
		.kind = kinds[i].kind,
		.number = "+447700900000",
		.account = kinds[i].account,
		.user = kinds[i].user,
		.token = secret,
		.api_key = secret,
		.api_url = w->api_url,
		.signature = "sha256",
		.landlord = "homes" };
	w->clock = (struct rd_clock){ .now_ms = clock_now, .context = w };
	w->arena = rd_arena_new(32u << 20);
	assert_int_equal(rd_http_new("", &w->http, &w->err), RD_OK);
	w->poll = (struct rd_poll){ .db = w->store.db,
		.texts = &w->texts,
		.clock = &w->clock,
		.http = w->http,
		.rest = &w->rest,
		.arena = w->arena };
	tell("empty");
	tell("received ok");
	tell("pictures ok");
	tell("page 50");
	return w;
}

static void close_world(struct world *w)
{
	void *store = malloc(sizeof w->store);
	memcpy(store, &w->store, sizeof w->store);
	rd_http_free(w->http);
	rd_arena_free(w->arena);
	world_teardown(&store);
	free(w);
}

static enum rd_rc walk(struct world *w)
{
	return rd_poll_walk(&w->poll, &w->polled, &w->err);
}

static void walks(struct world *w, size_t n_new)
{
	enum rd_rc rc = walk(w);
	if (rc != RD_OK)
		print_error("kind %d: %s\n", (int)w->texts.kind, w->err.msg);
	assert_int_equal(rc, RD_OK);
	assert_int_equal(w->polled.n_new, n_new);
}

/* The number begins with its first walk; from then on an hour passes. */
static struct world *begun(size_t i)
{
	struct world *w = open_world(i);
	walks(w, 0);
	w->ahead_ms = HOUR_MS;
	return w;
}

static const char *id_of(int number)
{
	static _Thread_local char id[40];
	snprintf(id, sizeof id, "%08d-0000-4000-8000-000000000000", number);
	return id;
}

static void receive(int number, int age_s)
{
	tell("receive %s +447700900123 %d no heating, text %d", id_of(number), age_s, number);
}

static enum rd_rc webhook_brings(struct world *w, struct rd_db *db, int number)
{
	struct rd_arena *arena = rd_arena_new(1 << 20);
	struct rd_err err = { 0 };
	int64_t source = 0;
	const struct rd_provider_text text = { .id = id_of(number),
		.from = "+447700900123",
		.to = "+447700900000",
		.body = "no heating",
		.body_len = 10,
		.sent_ms = rd_now_ms(&w->clock) };
	enum rd_rc rc =
		rd_text_take(db, &w->texts, &text, rd_now_ms(&w->clock), &source, arena, &err);
	rd_arena_free(arena);
	return rc;
}

static int64_t n_stored(struct world *w)
{
	struct rd_status_counts counts;
	assert_int_equal(rd_status_counts(w->store.db, &counts, &w->err), RD_OK);
	return counts.accepted;
}

static int64_t polled_ms(struct world *w)
{
	struct rd_text_poll poll;
	int64_t source;
	assert_int_equal(rd_text_source(w->store.db, &w->texts, 1, &source, &w->err), RD_OK);
	assert_int_equal(rd_text_poll_get(w->store.db, source, &poll, &w->err), RD_OK);
	return poll.polled_ms;
}

/* ---- claims ---- */

static void what_the_webhook_lost_is_found_once_and_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_KINDS; i++) {
		struct world *w = open_world(i);
		receive(1, 600); /* before the number began */
		walks(w, 0);
		receive(2, -2);	   /* an hour ago, when that hour has passed */
		receive(3, -3590); /* just now: its webhook may still be on its way */
		w->ahead_ms = HOUR_MS;
		walks(w, 1);
		assert_int_equal(w->polled.lost.n, 1);
		if (kinds[i].own_ids)
			assert_string_equal(w->polled.lost.text, id_of(2));
		assert_int_equal(w->polled.unread.n, 0);
		w->ahead_ms += 5 * 60 * 1000; /* it was lost too */
		walks(w, 1);
		assert_int_equal(w->polled.lost.n, 1);
		assert_int_equal(n_stored(w), 2);
		walks(w, 0);
		assert_int_equal(w->polled.lost.n, 0);
		struct rd_claimed *items;
		int64_t next_ms;
		size_t n = world_claim(&w->store, rd_now_ms(&w->clock) + HOUR_MS, &items, &next_ms);
		assert_int_equal(n, 2);
		assert_string_equal(items[0].from, "+447700900123");
		assert_non_null(strstr(items[0].text, "no heating, text"));
		close_world(w);
	}
}

/* Half an emoji, cut in two by a phone or a carrier, or a NUL: it hides no other text. */
static void one_broken_character_hides_no_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_KINDS; i++) {
		struct world *w = begun(i);
		receive(1, -5);
		tell("receive %s +447700900123 -6 half \\ud83d, \\u0000, whole \\ud83d\\ude1c",
			id_of(2));
		receive(3, -7);
		walks(w, 3);
		assert_int_equal(w->polled.unread.n, 0);
		struct rd_claimed *items;
		int64_t next_ms;
		size_t n = world_claim(&w->store, rd_now_ms(&w->clock) + HOUR_MS, &items, &next_ms);
		size_t n_found = 0;
		for (size_t k = 0; k < n; k++)
			n_found += strstr(items[k].text, "half \xEF\xBF\xBD, \xEF\xBF\xBD, whole "
							 "\xF0\x9F\x98\x9C") != NULL;
		assert_int_equal(n_found, 1);
		close_world(w);
	}
}

/* redressd --once has no listener. */
static void where_nobody_listens_all_is_taken_and_none_is_lost(void **state)
{
	(void)state;
	struct world *w = begun(0);
	w->poll.no_webhook = true;
	receive(1, -5);
	receive(2, -3595);
	walks(w, 2);
	assert_int_equal(w->polled.lost.n, 0);
	close_world(w);
}

/* As people write it: a list that is asked for it as it stands holds nothing. */
static void a_national_number_is_asked_for_as_providers_name_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_KINDS; i++) {
		struct world *w = open_world(i);
		w->texts.number = "07700 900000";
		walks(w, 0);
		w->ahead_ms = HOUR_MS;
		receive(1, -5);
		walks(w, 1);
		assert_int_equal(w->polled.lost.n, 1);
		close_world(w);
	}
}

static void by_webhook_and_list_it_is_one_message(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_KINDS && kinds[i].own_ids; i++) {
		struct world *w = begun(i);
		receive(1, -5);
		receive(2, -5);
		assert_int_equal(webhook_brings(w, w->store.db, 1), RD_OK);
		walks(w, 1);
		assert_int_equal(webhook_brings(w, w->store.db, 2), RD_E_EXISTS);
		assert_int_equal(webhook_brings(w, w->store.db, 1), RD_E_EXISTS);
		walks(w, 0);
		assert_int_equal(n_stored(w), 2);
		close_world(w);
	}
}

/* The list has the parts of a long text one by one: whichever comes first, no word stands twice. */
static void a_part_is_one_text_or_a_part_of_one(void **state)
{
	(void)state;
	struct world *w = begun(2);
	struct rd_arena *arena = rd_arena_new(1 << 20);
	int64_t source = 0;
	struct rd_provider_text part = { .id = id_of(1),
		.from = "+447700900123",
		.to = "",
		.body = "no heating ",
		.body_len = 11,
		.part_ref = "7",
		.part = 1,
		.n_parts = 2 };
	assert_int_equal(rd_text_take(w->store.db, &w->texts, &part, rd_now_ms(&w->clock), &source,
				 arena, &w->err),
		RD_OK);
	receive(1, -5);
	receive(2, -5);
	walks(w, 1);
	part.id = id_of(2);
	part.part = 2;
	assert_int_equal(rd_text_take(w->store.db, &w->texts, &part, rd_now_ms(&w->clock), &source,
				 arena, &w->err),
		RD_E_EXISTS);
	assert_int_equal(n_stored(w), 1); /* the other waits for its time */
	rd_arena_free(arena);
	close_world(w);
}

#define AT_ONCE 40

static void *bring_all(void *context)
{
	struct world *w = context;
	struct rd_err err = { 0 };
	struct rd_db *db = NULL;
	if (rd_db_open(w->store.store, &db, &err) != RD_OK)
		return NULL;
	for (int n = 1; n <= AT_ONCE; n++) {
		enum rd_rc rc = webhook_brings(w, db, n);
		if (rc != RD_OK && rc != RD_E_EXISTS)
			print_error("text %d: %d\n", n, (int)rc);
	}
	rd_db_close(db);
	return NULL;
}

static void at_once_it_is_one_message_too(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_KINDS && kinds[i].own_ids; i++) {
		struct world *w = begun(i);
		pthread_t thread;
		for (int n = 1; n <= AT_ONCE; n++)
			receive(n, -5);
		assert_int_equal(pthread_create(&thread, NULL, bring_all, w), 0);
		enum rd_rc rc = walk(w);
		pthread_join(thread, NULL);
		assert_int_equal(rc, RD_OK);
		assert_int_equal(n_stored(w), AT_ONCE);
		close_world(w);
	}
}

/* Many of one instant lie across the edges of pages. */
static void every_page_is_walked_to_past_the_last_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_KINDS; i++) {
		struct world *w = begun(i);
		tell("page 7");
		for (int n = 1; n <= 60; n++)
			receive(n, -5 - n / 5);
		walks(w, 60);
		/* From here on a walk ends behind what it knows and the hour before the last. */
		w->ahead_ms += 5 * HOUR_MS;
		receive(61, -3600 * 5);
		walks(w, 1);
		long pages = child_number(&provider, "polled");
		walks(w, 0);
		pages = child_number(&provider, "polled") - pages;
		if (kinds[i].pages)
			assert_in_range(pages, 1, 2);
		close_world(w);
	}
}

/* Other numbers wait: a long walk is made in stretches. */
static void a_long_walk_goes_on_where_it_was(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_KINDS; i++) {
		if (!kinds[i].pages)
			continue;
		struct world *w = begun(i);
		const int64_t before_ms = polled_ms(w);
		size_t n_new = 0;
		int n_stretches = 0;
		tell("page 7");
		for (int n = 1; n <= 20; n++)
			receive(n, -5 - n / 5);
		w->poll.stretch_ms = -1; /* a page, or the words of one text */
		do {
			assert_int_equal(walk(w), RD_OK);
			n_new += w->polled.n_new;
			if (n_stretches ==
				1) { /* one that fails begins anew, and takes nothing twice */
				tell("received 500");
				assert_int_equal(walk(w), RD_E_AGAIN);
				assert_false(w->rest.stands);
				tell("received ok");
			}
			if (w->polled.goes_on)
				assert_true(polled_ms(w) == before_ms);
			w->ahead_ms += 60 * 1000;
		} while ((w->polled.goes_on || n_stretches == 1) && ++n_stretches < 100);
		assert_int_equal(n_new, 20);
		assert_in_range(n_stretches, 3, 60);
		assert_int_equal(n_stored(w), 20);
		/* From where it began: what came meanwhile is the next one's. */
		assert_true(polled_ms(w) > before_ms);
		assert_true(polled_ms(w) < rd_now_ms(&w->clock) - 60 * 1000);
		close_world(w);
	}
}

static void a_list_that_is_not_given_is_asked_for_again(void **state)
{
	static const struct {
		const char *word;
		enum rd_rc rc;
	} rows[] = { { "500", RD_E_AGAIN }, { "429", RD_E_AGAIN }, { "lost", RD_E_AGAIN },
		{ "broken", RD_E_AGAIN }, { "401", RD_E_REFUSED } };
	(void)state;
	for (size_t i = 0; i < N_KINDS; i++) {
		struct world *w = begun(i);
		struct rd_text_poll before, after;
		int64_t source;
		assert_int_equal(
			rd_text_source(w->store.db, &w->texts, 1, &source, &w->err), RD_OK);
		assert_int_equal(rd_text_poll_get(w->store.db, source, &before, &w->err), RD_OK);
		receive(1, -5);
		for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
			tell("received %s", rows[k].word);
			enum rd_rc rc = walk(w);
			if (rc != rows[k].rc)
				print_error("kind %d, %s: %s\n", (int)w->texts.kind, rows[k].word,
					w->err.msg);
			assert_int_equal(rc, rows[k].rc);
			assert_null(strstr(w->err.msg, "447700"));
		}
		assert_int_equal(rd_text_poll_get(w->store.db, source, &after, &w->err), RD_OK);
		assert_int_equal(after.polled_ms, before.polled_ms);
		tell("received ok");
		walks(w, 1);
		assert_int_equal(w->polled.lost.n, 1);
		close_world(w);
	}
}

static struct rd_task *tasks_of(struct world *w, size_t *ret_n)
{
	struct rd_task *tasks;
	const struct rd_date any = { 0 };
	assert_int_equal(
		rd_task_list(w->store.db, any, w->store.arena, &tasks, ret_n, &w->err), RD_OK);
	return tasks;
}

/* Vonage lists some without their words. */
static void a_text_that_cannot_be_read_is_a_task_once_and_read_when_it_can_be(void **state)
{
	(void)state;
	struct world *w = begun(2);
	struct rd_tx *tx = NULL;
	size_t n;
	tell("received bodyless");
	receive(1, -5);
	receive(2, -3595); /* its webhook may still be on its way */
	walks(w, 0);
	assert_int_equal(w->polled.unread.n, 1);
	assert_string_equal(w->polled.unread.text, id_of(1));
	struct rd_task *tasks = tasks_of(w, &n);
	assert_int_equal(n, 1);
	assert_string_equal(tasks[0].kind, "look");
	assert_string_equal(tasks[0].landlord, "homes");
	assert_non_null(strstr(tasks[0].text, id_of(1)));
	walks(w, 0);
	assert_int_equal(w->polled.unread.n, 0); /* told already: the alarm may end */
	assert_int_equal(rd_tx_begin(w->store.db, &tx, &w->err), RD_OK);
	assert_int_equal(
		rd_task_done(tx, tasks[0].id, "ann", "read it", rd_now_ms(&w->clock), &w->err),
		RD_OK);
	assert_int_equal(rd_tx_commit(&tx, &w->err), RD_OK);
	walks(w, 0);
	tasks_of(w, &n);
	assert_int_equal(n, 0); /* done is done */
	receive(3, -6);
	walks(w, 0);
	tasks_of(w, &n);
	assert_int_equal(n, 1);
	tell("received ok");
	walks(w, 2);
	assert_int_equal(w->polled.unread.n, 0);
	tasks_of(w, &n);
	assert_int_equal(n, 0); /* it came after all: nobody owes it */
	close_world(w);
}

/* Esendex gives the words of each one apart. */
static void no_walk_passes_a_text_whose_words_are_not_given(void **state)
{
	(void)state;
	struct world *w = begun(3);
	size_t n;
	int64_t before_ms = polled_ms(w);
	for (int k = 1; k <= 3; k++)
		receive(k, -5 - k);
	tell("hide %s", id_of(2));
	assert_int_equal(walk(w), RD_E_AGAIN);
	assert_int_equal(w->polled.n_new, 2); /* the others do not wait for it */
	assert_int_equal(w->polled.unread.n, 0);
	assert_true(polled_ms(w) == before_ms);
	w->ahead_ms += 12 * HOUR_MS;
	assert_int_equal(walk(w), RD_E_AGAIN);
	assert_true(polled_ms(w) == before_ms);
	tell("hide none");
	walks(w, 1);
	assert_true(polled_ms(w) > before_ms);
	/* One that is never given holds up nothing after a day. */
	before_ms = polled_ms(w);
	receive(4, -5 - 12 * 3600);
	tell("hide %s", id_of(4));
	w->ahead_ms += HOUR_MS;
	assert_int_equal(walk(w), RD_E_AGAIN);
	tasks_of(w, &n);
	assert_int_equal(n, 0);
	w->ahead_ms += 25 * HOUR_MS;
	walks(w, 0);
	assert_int_equal(w->polled.unread.n, 1);
	tasks_of(w, &n);
	assert_int_equal(n, 1);
	assert_true(polled_ms(w) > before_ms);
	tell("hide none");
	close_world(w);
}

static void words_that_are_given_and_are_none_become_a_task_at_once(void **state)
{
	(void)state;
	struct world *w = begun(3);
	receive(1, -5);
	tell("received wordless");
	walks(w, 0);
	assert_int_equal(w->polled.unread.n, 1);
	close_world(w);
}

/* It would wait for half a minute at each of them. */
static void a_walk_ends_where_the_provider_gives_no_answer(void **state)
{
	(void)state;
	struct world *w = begun(3);
	for (int k = 1; k <= 6; k++)
		receive(k, -5 - k);
	tell("received bodylost");
	long before = child_number(&provider, "requests");
	assert_int_equal(walk(w), RD_E_AGAIN);
	assert_in_range(child_number(&provider, "requests") - before, 2, 4);
	tell("received ok");
	walks(w, 6);
	close_world(w);
}

static void a_secret_that_cannot_be_read_is_our_trouble(void **state)
{
	(void)state;
	struct world *w = begun(0);
	unlink(w->secret);
	assert_int_equal(walk(w), RD_E_REFUSED);
	close_world(w);
}

static void a_walk_later_than_the_provider_keeps_texts_says_so(void **state)
{
	(void)state;
	struct world *w = begun(1);
	assert_false(w->polled.too_long_ago);
	w->ahead_ms = 8 * 24 * HOUR_MS; /* Notify keeps them for seven days */
	walks(w, 0);
	assert_true(w->polled.too_long_ago);
	walks(w, 0);
	assert_false(w->polled.too_long_ago);
	close_world(w);
}

/* ---- pictures ---- */

static struct rd_text_media *pictures_of(struct world *w, size_t *ret_n)
{
	struct rd_text_media *items;
	assert_int_equal(
		rd_text_media_list(w->store.db, 1, w->store.arena, &items, ret_n, &w->err), RD_OK);
	return items;
}

static struct rd_pictures fetch(struct world *w)
{
	struct rd_pictures pictures;
	assert_int_equal(rd_pictures_fetch(&w->poll, &pictures, &w->err), RD_OK);
	return pictures;
}

/* From the list: the text's own list of pictures first, then the picture, redirected once. */
static void a_listed_picture_is_fetched_and_kept(void **state)
{
	(void)state;
	struct world *w = begun(0);
	size_t n;
	receive(1, -5);
	tell("picture %s", id_of(1));
	walks(w, 1);
	assert_int_equal(fetch(w).n_put_off, 1);
	assert_int_equal(fetch(w).n_kept, 1);
	assert_int_equal(fetch(w).n_kept, 0);
	struct rd_text_media *items = pictures_of(w, &n);
	assert_int_equal(n, 1);
	assert_string_equal(items[0].state, "kept");
	assert_string_equal(items[0].type, "image/png");
	assert_int_equal(items[0].size_bytes, 8 + 256);
	const void *bytes;
	size_t len;
	assert_int_equal(rd_text_media_bytes(
				 w->store.db, items[0].id, w->store.arena, &bytes, &len, &w->err),
		RD_OK);
	assert_memory_equal(bytes, "\x89PNG\r\n\x1a\n\0\1\2", 11);
	close_world(w);
}

static void a_redirect_may_be_a_path(void **state)
{
	(void)state;
	struct world *w = begun(0);
	receive(1, -5);
	tell("picture %s", id_of(1));
	tell("pictures relative");
	walks(w, 1);
	assert_int_equal(fetch(w).n_put_off, 1);
	assert_int_equal(fetch(w).n_kept, 1);
	close_world(w);
}

static int64_t webhook_brings_a_picture(struct world *w, const char *url)
{
	struct rd_arena *arena = rd_arena_new(1 << 20);
	struct rd_err err = { 0 };
	int64_t source = 0;
	const struct rd_provider_media media = { url, "image/jpeg" };
	const struct rd_provider_text text = { .id = "MM1",
		.from = "+447700900123",
		.to = "",
		.body = "look",
		.body_len = 4,
		.n_media = 1,
		.media = &media };
	assert_int_equal(rd_text_take(w->store.db, &w->texts, &text, rd_now_ms(&w->clock), &source,
				 arena, &err),
		RD_OK);
	rd_arena_free(arena);
	return source;
}

/* Vonage's Messages API says that there is one, and not in the form that is read where. */
static void a_picture_nobody_says_the_place_of_is_a_task_at_once(void **state)
{
	(void)state;
	struct world *w = open_world(2);
	struct rd_arena *arena = rd_arena_new(1 << 20);
	struct rd_provider_text text = {
		.id = "MM1", .from = "+447700900123", .to = "", .body = "", .n_media = 1
	};
	struct rd_claimed *items;
	int64_t source = 0;
	int64_t next_ms;
	size_t n;
	for (int k = 0; k < 2; k++) /* the second time it is known */
		assert_int_equal(rd_text_take(w->store.db, &w->texts, &text, rd_now_ms(&w->clock),
					 &source, arena, &w->err),
			k == 0 ? RD_OK : RD_E_EXISTS);
	struct rd_task *tasks = tasks_of(w, &n);
	assert_int_equal(n, 1);
	assert_string_equal(tasks[0].kind, "look");
	assert_int_equal(
		world_claim(&w->store, rd_now_ms(&w->clock) + HOUR_MS, &items, &next_ms), 1);
	assert_true(items[0].cut);
	assert_int_equal(tasks[0].message_id, items[0].id);
	rd_arena_free(arena);
	close_world(w);
}

static void a_picture_that_cannot_be_had_becomes_a_task(void **state)
{
	static const struct {
		const char *why, *word, *path;
		bool at_once; /* given up with the first try */
	} rows[] = {
		{ "gone", "404", "/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1", true },
		{ "too large", "huge", "/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1", true },
		{ "somebody else's", "ok", "https://evil.example.com/ME1", true },
		{ "a trouble that passes", "500", "/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1",
			false },
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct world *w = open_world(0);
		char url[200];
		struct rd_task *tasks;
		size_t n;
		const struct rd_date any = { 0 };
		snprintf(url, sizeof url, "%s%s", rows[i].path[0] == '/' ? w->api_url : "",
			rows[i].path);
		tell("pictures %s", rows[i].word);
		webhook_brings_a_picture(w, url);
		struct rd_pictures pictures = fetch(w);
		if (pictures.n_given_up != rows[i].at_once)
			print_error("%s\n", rows[i].why);
		assert_int_equal(pictures.n_given_up, rows[i].at_once);
		assert_int_equal(
			rd_task_list(w->store.db, any, w->store.arena, &tasks, &n, &w->err), RD_OK);
		assert_int_equal(n, rows[i].at_once);
		if (!rows[i].at_once) {
			tell("pictures ok");
			assert_int_equal(fetch(w).n_kept, 0); /* not before its time */
			w->ahead_ms = HOUR_MS;
			assert_int_equal(fetch(w).n_kept, 1);
		}
		close_world(w);
	}
}

/* It would wait for half a minute at each of them. */
static void pictures_that_are_not_answered_wait_together(void **state)
{
	(void)state;
	struct world *w = open_world(0);
	char url[200];
	struct rd_tx *tx = NULL;
	snprintf(url, sizeof url, "%s/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1", w->api_url);
	webhook_brings_a_picture(w, url);
	assert_int_equal(rd_tx_begin(w->store.db, &tx, &w->err), RD_OK);
	for (int place = 2; place <= 4; place++)
		assert_int_equal(rd_text_media_put(tx, 1, place, url, "image/png",
					 rd_now_ms(&w->clock), &w->err),
			RD_OK);
	assert_int_equal(rd_tx_commit(&tx, &w->err), RD_OK);
	tell("pictures lost");
	assert_int_equal(fetch(w).n_put_off, 1);
	tell("pictures ok");
	assert_int_equal(fetch(w).n_kept, 3);
	close_world(w);
}

static int start_provider(void **state)
{
	(void)state;
	child_start(&provider, (const char *[]){ "provider_server.py", NULL });
	return 0;
}

static int stop_provider(void **state)
{
	(void)state;
	child_stop(&provider);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_webhook_lost_is_found_once_and_named),
		cmocka_unit_test(one_broken_character_hides_no_text),
		cmocka_unit_test(where_nobody_listens_all_is_taken_and_none_is_lost),
		cmocka_unit_test(a_national_number_is_asked_for_as_providers_name_it),
		cmocka_unit_test(by_webhook_and_list_it_is_one_message),
		cmocka_unit_test(a_part_is_one_text_or_a_part_of_one),
		cmocka_unit_test(at_once_it_is_one_message_too),
		cmocka_unit_test(every_page_is_walked_to_past_the_last_known),
		cmocka_unit_test(a_long_walk_goes_on_where_it_was),
		cmocka_unit_test(a_list_that_is_not_given_is_asked_for_again),
		cmocka_unit_test(a_text_that_cannot_be_read_is_a_task_once_and_read_when_it_can_be),
		cmocka_unit_test(no_walk_passes_a_text_whose_words_are_not_given),
		cmocka_unit_test(words_that_are_given_and_are_none_become_a_task_at_once),
		cmocka_unit_test(a_walk_ends_where_the_provider_gives_no_answer),
		cmocka_unit_test(a_secret_that_cannot_be_read_is_our_trouble),
		cmocka_unit_test(a_walk_later_than_the_provider_keeps_texts_says_so),
		cmocka_unit_test(a_listed_picture_is_fetched_and_kept),
		cmocka_unit_test(a_redirect_may_be_a_path),
		cmocka_unit_test(a_picture_nobody_says_the_place_of_is_a_task_at_once),
		cmocka_unit_test(a_picture_that_cannot_be_had_becomes_a_task),
		cmocka_unit_test(pictures_that_are_not_answered_wait_together),
	};
	return cmocka_run_group_tests(tests, start_provider, stop_provider);
}
