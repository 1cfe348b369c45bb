/* Numbers for texts, one after the other: what one of them costs the others. */
#include "support/house.h"

#include "redress/base/clock.h"
#include "redress/gateway/numbers.h"
#include "redress/intake/text_intake.h"
#include "support/child.h"

static struct child provider;

struct line {
	struct house *house;
	char dir[FOLDER_MAX];
	char config[2048];
};

static void line_begin(struct line *line)
{
	char path[FOLDER_MAX + 16];

	folder_make(line->dir, "numbers");
	snprintf(path, sizeof path, "%s/key", line->dir);
	house_write(path, "key-of-the-test\n", 16);
	chmod(path, 0600);
	line->config[0] = '\0';
}

static void add_esendex(struct line *line, const char *name, const char *number)
{
	const size_t len = strlen(line->config);

	snprintf(line->config + len, sizeof line->config - len,
		"\nTexts: %s\nKind: esendex\nNumber: %s\nAccount: EX1\nUser: u\n"
		"Token: file %s/key\nAPI key: file %s/key\nAPI URL: http://127.0.0.1:%d\n",
		name, number, line->dir, line->dir, provider.port);
}

/* At the provider's own time, for it says when a text came. */
static struct house *line_open(struct line *line)
{
	char starts[RD_INSTANT_MAX];

	rd_instant_format(rd_now_ms(&rd_system_clock), starts);
	const struct house_options options = {
		.starts = starts,
		.config = line->config,
		.staff = "@landlord.example\nPublic URL: https://sms.example.org",
	};
	child_ask(&provider, "empty");
	child_ask(&provider, "received ok");
	child_ask(&provider, "hide none");
	line->house = house_new(&options);
	return line->house;
}

static void line_end(struct line *line)
{
	house_free(line->house);
	folder_remove(line->dir);
}

static bool once(struct house *h)
{
	bool must_wait = false;

	OK(rd_numbers_once(&h->desk, &must_wait, &h->err));
	return must_wait;
}

static void a_secret_that_cannot_be_read_stops_no_other_number(void **state)
{
	const struct rd_provider_media media = { "https://api.example.org/1", "image/png" };
	const struct rd_provider_text text = { .id = "MM1",
		.from = HOUSE_PHONE,
		.to = "",
		.body = "look",
		.body_len = 4,
		.n_media = 1,
		.media = &media };
	struct line line;
	int64_t source = 0;
	long polled = child_number(&provider, "polled");

	(void)state;
	line_begin(&line);
	snprintf(line.config, sizeof line.config,
		"\nTexts: pictures\nKind: twilio\nNumber: +447700900002\nAccount: AC1\n"
		"Token: file %s/gone\nAPI URL: http://127.0.0.1:%d\nPoll every: never\n",
		line.dir, provider.port);
	add_esendex(&line, "esendex", "+447700900000");
	struct house *h = line_open(&line);
	OK(rd_text_take(h->db, &h->config->texts[1], &text, h->now_ms, &source, h->arena, &h->err));
	assert_true(once(h)); /* the picture waits */
	assert_int_equal(child_number(&provider, "polled"), polled + 1);
	line_end(&line);
}

static void receive(const char *id)
{
	char line[120];

	snprintf(line, sizeof line, "receive %s " HOUSE_PHONE " -2 the gate is off its hinges", id);
	child_ask(&provider, line);
}

/* No later walk finds it again. */
static void what_a_walk_found_is_told_although_it_failed(void **state)
{
	struct line line;

	(void)state;
	line_begin(&line);
	add_esendex(&line, "esendex", "+447700900000");
	struct house *h = line_open(&line);
	assert_false(once(h));
	receive("A1");
	receive("A2");
	child_ask(&provider, "received wordless");
	child_ask(&provider, "hide A2");
	assert_true(once(h));
	assert_true(house_alarm(h, "texts-unread:esendex"));
	assert_true(house_alarm(h, "texts-unreachable:esendex"));
	assert_int_equal(house_n_tasks(h, 0, "look"), 1);
	child_ask(&provider, "received ok");
	child_ask(&provider, "hide none");
	assert_false(once(h));
	assert_false(house_alarm(h, "texts-unread:esendex"));
	assert_false(house_alarm(h, "texts-unreachable:esendex"));
	assert_int_equal(house_n_tasks(h, 0, "look"), 0); /* it came after all */
	line_end(&line);
}

/* By a cause of its own: it does not take the place of the ids that another alarm names. */
static void a_walk_later_than_texts_are_kept_is_an_alarm_of_its_own(void **state)
{
	struct line line;

	(void)state;
	line_begin(&line);
	add_esendex(&line, "esendex", "+447700900000");
	struct house *h = line_open(&line);
	assert_false(once(h));
	h->now_ms += INT64_C(31) * 24 * 3600 * 1000;
	assert_false(once(h));
	assert_true(house_alarm(h, "texts-gone:esendex"));
	assert_false(house_alarm(h, "texts-lost:esendex"));
	line_end(&line);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_secret_that_cannot_be_read_stops_no_other_number),
		cmocka_unit_test(what_a_walk_found_is_told_although_it_failed),
		cmocka_unit_test(a_walk_later_than_texts_are_kept_is_an_alarm_of_its_own),
	};

	house_main(argc, argv);
	child_start(&provider, (const char *[]){ "provider_server.py", NULL });
	const int n_failed = cmocka_run_group_tests(tests, NULL, NULL);
	child_stop(&provider);
	rd_spawner_stop(house_spawner);
	return n_failed;
}
