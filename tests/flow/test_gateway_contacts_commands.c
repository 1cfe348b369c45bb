/* redressctl contacts, and what case show and review list tell of who wrote, as scripts see them.
 */
#include "support/house.h"

#include <jansson.h>

#include "support/redressctl.h"

#define OUTPUT_MAX (64u << 10)

struct outcome {
	char out[OUTPUT_MAX]; /* both streams */
	int status;
};

static struct outcome outcome;

static void run(const struct house *h, const char *const *words)
{
	char config[128];

	snprintf(config, sizeof config, "%s/redress.conf", h->dir);
	outcome.status = redressctl_run_by(config, "pat", words, outcome.out, sizeof outcome.out);
}
#define RUN(h, ...) run((h), (const char *const[]){ __VA_ARGS__, NULL })

static json_t *json_of_output(void)
{
	json_t *json = json_loads(outcome.out, 0, NULL);

	if (json == NULL)
		fail_msg("no JSON: %s", outcome.out);
	return json;
}

static bool says(const char *words)
{
	if (strstr(outcome.out, words) != NULL)
		return true;
	print_error("%s\n", outcome.out);
	return false;
}

static const char *file_of(struct house *h, const char *text)
{
	char *path = rd_arena_printf(h->arena, "%s/residents.csv", h->dir);

	house_write(path, text, strlen(text));
	return path;
}

static int setup(void **state)
{
	struct house *h = house_new(NULL);
	char path[128], text[1024];

	snprintf(path, sizeof path, "%s/redress.conf", h->dir);
	snprintf(text, sizeof text,
		"Gateway: house\nState: %s\nRules: %s\nLandlord: code-2024\n\nMailbox: complaints\n"
		"Kind: maildir\nPath: %s/complaints\n\nOutgoing: letters\nKind: maildir\n"
		"Path: %s/sent\nFrom: complaints@house.example\n",
		h->state, h->rules, h->dir, h->dir);
	house_write(path, text, strlen(text));
	*state = h;
	return 0;
}

#define HEAD "name,email,phone,language,adjustments,restrictions,restrictions until\n"
#define ADA  "Ada Example,ada@example.org,07700900123,cy,large print,one call a week,2020-01-31\n"

static void a_faulty_file_brings_nobody_in(void **state)
{
	struct house *h = *state;
	const char *file = file_of(h, HEAD ADA "Bo,bo,,,,,\n");
	json_t *json;

	RUN(h, "contacts", "import", file);
	assert_int_equal(outcome.status, 1);
	assert_true(says("residents.csv:3:4: `bo` is not an e-mail address"));
	assert_true(says("Nothing was imported: 1 of 2 lines is faulty"));
	RUN(h, "contacts", "show", "ada@example.org");
	assert_int_equal(outcome.status, 2);

	RUN(h, "contacts", "import", file, "--skip-bad", "--replace");
	assert_int_equal(outcome.status, 2); /* Bo would be dropped for a slip */
	RUN(h, "contacts", "import", file, "--skip-bad", "--json");
	assert_int_equal(outcome.status, 1);
	json = json_of_output();
	assert_true(json_is_true(json_object_get(json, "imported")));
	assert_int_equal(json_integer_value(json_object_get(json, "added")), 1);
	assert_int_equal(json_integer_value(json_object_get(
				 json_array_get(json_object_get(json, "faults"), 0), "column")),
		4);
	json_decref(json);
	RUN(h, "contacts", "show", "07700 900123");
	assert_int_equal(outcome.status, 0);
	assert_true(says("large print"));
	assert_true(says("Welsh"));
}

static void what_cannot_be_mended_by_leaving_lines_out_is_refused(void **state)
{
	struct house *h = *state;

	RUN(h, "contacts", "import", file_of(h, "naem,email\nAda,ada@example.org\n"), "--skip-bad");
	assert_int_equal(outcome.status, 1);
	assert_true(says("Nothing was imported: mend the file first."));
	RUN(h, "contacts", "import", file_of(h, "naem,email\nAda,ada@example.org\n"), "--ignore",
		"naem");
	assert_int_equal(outcome.status, 0);
	RUN(h, "contacts", "import", "/nonexistent.csv");
	assert_int_equal(outcome.status, 2);
}

static void case_and_review_tell_who_wrote(void **state)
{
	struct house *h = *state;
	json_t *json, *message;
	const char *reference;
	int64_t case_id;

	RUN(h, "contacts", "import", file_of(h, HEAD ADA));
	assert_int_equal(outcome.status, 0);
	case_id = house_mail_in(h, .from = "ada@example.org", .body = UNSURE,
		.headers = "Authentication-Results: mx.house.example; dmarc=fail\r\n");
	house_work(h);
	case_id = house_case_of(h, case_id);
	reference = house_case(h, case_id).reference;
	reference = rd_arena_strdup(h->arena, reference);

	RUN(h, "case", "show", reference);
	assert_true(says("Who this is, by the contacts file"));
	assert_true(says("one call a week"));
	assert_true(says("that day has passed"));
	assert_true(says("SPOOFED?"));
	RUN(h, "case", "show", reference, "--json");
	json = json_of_output();
	message = json_array_get(json_object_get(json, "message_list"), 0);
	assert_string_equal(json_string_value(json_object_get(message, "sender")), "spoofed");
	assert_true(json_is_null(json_object_get(message, "form")));
	assert_string_equal(json_string_value(json_object_get(
				    json_object_get(json, "resident"), "adjustments")),
		"large print");
	json_decref(json);

	RUN(h, "review", "list");
	assert_true(says("adjustments: large print"));
	assert_true(says("contact restricted: one call a week"));
	assert_true(says("SPOOFED?"));
	RUN(h, "review", "list", "--json");
	json = json_of_output();
	assert_true(json_is_true(json_object_get(json_array_get(json, 0), "spoofed")));
	json_decref(json);
}

static void the_evidence_pack_tells_of_adjustments(void **state)
{
	struct house *h = *state;
	int64_t case_id;
	char *page;
	size_t len;

	RUN(h, "contacts", "import", file_of(h, HEAD ADA));
	case_id = house_mail_in(h, .from = "ada@example.org", .body = COMPLAINT);
	house_work(h);
	case_id = house_case_of(h, case_id);
	RUN(h, "case", "export", rd_arena_strdup(h->arena, house_case(h, case_id).reference),
		rd_arena_printf(h->arena, "%s/pack", h->dir));
	assert_int_equal(outcome.status, 0);
	page = house_read(rd_arena_printf(h->arena, "%s/pack/index.html", h->dir), &len);
	assert_non_null(strstr(page, "large print"));
	assert_null(strstr(page, "one call a week")); /* not asked for there */
	free(page);
}

static void a_persons_line_is_exported_and_erased_with_them(void **state)
{
	struct house *h = *state;
	const char *dir = rd_arena_printf(h->arena, "%s/export", h->dir);
	char *page;
	size_t len;

	RUN(h, "contacts", "import", file_of(h, HEAD ADA));
	RUN(h, "person", "export", "ada@example.org", dir);
	assert_int_equal(outcome.status, 0);
	page = house_read(rd_arena_printf(h->arena, "%s/index.html", dir), &len);
	assert_non_null(strstr(page, "large print"));
	free(page);
	RUN(h, "person", "erase", "ada@example.org", "--dry-run");
	assert_true(says("known as ada@example.org and as +447700900123: erase both"));
	RUN(h, "person", "erase", "ada@example.org");
	assert_int_equal(outcome.status, 0);
	RUN(h, "contacts", "import", file_of(h, HEAD ADA));
	assert_int_equal(outcome.status, 0);
	assert_true(says("the first in line 2: their data was erased on request"));
	RUN(h, "contacts", "list", "--restricted");
	assert_true(says("Nobody"));
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, house_teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		T(a_faulty_file_brings_nobody_in),
		T(what_cannot_be_mended_by_leaving_lines_out_is_refused),
		T(case_and_review_tell_who_wrote),
		T(the_evidence_pack_tells_of_adjustments),
		T(a_persons_line_is_exported_and_erased_with_them),
	};

	house_main(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
