/* The contacts file: what is taken from it, and every fault with its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "redress/policy/contacts_file.h"

static struct rd_arena *arena;
static struct rd_contacts_file file;

static void read_bytes(const char *text, size_t len)
{
	static const char *const landlords[] = { "code-2024", "one-housing" };
	static const char *const ignored[] = { "Date of birth" };
	const struct rd_contacts_order order = { "code-2024", landlords, 2, ignored, 1 };
	struct rd_err err = { 0 };

	rd_arena_reset(arena);
	if (rd_contacts_parse(text, len, &order, arena, &file, &err) != RD_OK)
		fail_msg("%s", err.msg);
}

static void read_text(const char *text)
{
	read_bytes(text, strlen(text));
}

static int begin(void **state)
{
	(void)state;
	arena = rd_arena_new(8u << 20);
	return 0;
}

static int end(void **state)
{
	(void)state;
	rd_arena_free(arena);
	return 0;
}

static void a_whole_line_is_taken(void **state)
{
	const struct rd_resident *r;

	(void)state;
	read_text("\xEF\xBB\xBFReference,Full Name,E-Mail,Mobile Number,Postal address,"
		  "Preferred_Channel,Language,Reasonable adjustments,Restrictions,Restrictions "
		  "review,Landlord,Tenure,date of birth\r\n"
		  "T-17,\" Ada Example \",Ada@Example.ORG,07700 900123,\"1 High Street\nTown\","
		  "Text,Cymraeg,\"Large print; \"\"ring first\"\"\",One call a week,2027-03-31,"
		  "one-housing,general needs,1970-01-01\r\n");
	assert_int_equal(file.n_faults, 0);
	assert_int_equal(file.n, 1);
	r = &file.residents[0];
	assert_string_equal(r->reference, "T-17");
	assert_string_equal(r->name, "Ada Example");
	assert_string_equal(r->email, "ada@example.org");
	assert_string_equal(r->phone, "+447700900123");
	assert_string_equal(r->address, "1 High Street\nTown");
	assert_int_equal(r->prefers, RD_PREFERS_SMS);
	assert_string_equal(r->language, RD_LANGUAGE_WELSH);
	assert_string_equal(r->adjustments, "Large print; \"ring first\"");
	assert_string_equal(r->restrictions, "One call a week");
	assert_int_equal(r->restrictions_until.year, 2027);
	assert_string_equal(r->landlord, "one-housing");
	assert_string_equal(r->tenure, "general needs");
	assert_int_equal(r->line, 2);
}

static void british_spreadsheets_are_understood(void **state)
{
	(void)state;
	read_text("First name,Surname,Email,Restrictions,Restrictions until,Contact preference\n"
		  "Ada,Example,ada@example.org,one call a week,31/03/2027,E-mail\n"
		  "Bo,,bo@example.org,,,\n,Cy,cy@example.org,,,\n");
	assert_int_equal(file.n_faults, 0);
	assert_string_equal(file.residents[0].name, "Ada Example");
	assert_int_equal(file.residents[0].restrictions_until.year, 2027);
	assert_int_equal(file.residents[0].restrictions_until.month, 3);
	assert_int_equal(file.residents[0].restrictions_until.day, 31);
	assert_int_equal(file.residents[0].prefers, RD_PREFERS_EMAIL);
	assert_string_equal(file.residents[1].name, "Bo");
	assert_string_equal(file.residents[2].name, "Cy");
}

static void what_is_not_told_is_empty(void **state)
{
	(void)state;
	read_text("email\nbo@example.org\n,\n");
	assert_int_equal(file.n, 1);
	assert_string_equal(file.residents[0].name, "");
	assert_string_equal(file.residents[0].landlord, "code-2024");
	assert_int_equal(file.residents[0].prefers, RD_PREFERS_NOTHING);
	assert_false(rd_date_is_set(file.residents[0].restrictions_until));
}

static const struct {
	const char *file, *fault; /* the first one's "line:column: ", and words out of it */
	bool unusable;
	size_t n; /* residents without a fault */
} faults[] = {
	{ "email,adjustmants\na@example.org,x\n", "1:7: `adjustmants`", true, 0 },
	{ "email,adjustmants\n", "did you mean `adjustments`", true, 0 },
	{ "name,address\nAda,1 High Street\n", "1:1: there is neither", true, 0 },
	{ "email;name\na@example.org;Ada\n", "parted by semicolons", true, 0 },
	{ "email,e-mail\n", "1:7: a second column", true, 0 },
	{ "email,\n", "1:7: this column has no name", true, 0 },
	{ "", "the file is empty", true, 0 },
	{ "email,restrictions\na@example.org,x\n", "needs a column `restrictions until`", true, 0 },
	{ "email,name\na@example.org,Ren\xE9\n", "2:18: the byte E9 is not UTF-8", true, 0 },
	{ "\xFF\xFE"
	  "e",
		"UTF-16", true, 0 },
	{ "email,name\na@example.org,\"Ada\nb@example.org,Bo\n", "2:15: a quote opens", true, 0 },
	{ "email\nada.example.org\nb@example.org\n", "2:1: `ada.example.org` is not", false, 1 },
	{ "email,name\na@b@example.org,x\n", "2:1: ", false, 0 },
	{ "name,email\nAda,ada@example\n", "2:5: `ada@example`", false, 0 },
	{ "phone\n7700900123\n", "lost the 0", false, 0 },
	{ "phone\n4.477E+11\n", "rounded", false, 0 },
	{ "phone\nring me\n", "2:1: `ring me` is not a telephone number", false, 0 },
	{ "phone,prefers\n07700900123,pigeon\n", "2:13: `pigeon` is not one of", false, 0 },
	{ "phone,prefers\n07700900123,email\n", "has not got an e-mail address", false, 0 },
	{ "email,prefers\na@example.org,post\n", "has not got a postal address", false, 0 },
	{ "email,prefers\na@example.org,text\n", "has not got a telephone number", false, 0 },
	{ "email,restrictions,restrictions until\na@example.org,x,\n", "2:15: ", false, 0 },
	{ "email,restrictions,restrictions until\na@example.org,x,03/31/2027\n",
		"2:17: `03/31/2027` is not a day", false, 0 },
	{ "email,restrictions,restrictions until\na@example.org,x,31/3/27\n", "is not a day", false,
		0 },
	{ "email,restrictions,restrictions until\na@example.org,,2027-03-31\n",
		"a day without a restriction", false, 0 },
	{ "email,landlord\na@example.org,one-hosing\n", "did you mean `one-housing`", false, 0 },
	{ "email,name\na@example.org\nb@example.org,Bo\n", "2:1: 1 fields", false, 1 },
	{ "email,name\na@example.org,A\x1B[2J\n", "2:15: a control character", false, 0 },
	{ "email\na@example.org\nb@example.org\nA@example.org\n",
		"2:1: the same e-mail address as in line 4", false, 1 },
	{ "reference,email\n7,a@example.org\n7,b@example.org\n",
		"3:1: the same reference as in line 2", false, 1 },
	{ "phone\n07700900123\n+44 7700 900123\n", "2:1: the same telephone number", false, 0 },
};

static void every_fault_has_its_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
		char told[700];

		read_text(faults[i].file);
		if (file.n_faults == 0)
			fail_msg("no fault in [%s]", faults[i].file);
		snprintf(told, sizeof told, "%u:%u: %s", file.faults[0].line, file.faults[0].column,
			file.faults[0].why);
		if (strstr(told, faults[i].fault) == NULL)
			fail_msg("[%s] says [%s], not [%s]", faults[i].file, told, faults[i].fault);
		assert_int_equal(file.unusable, faults[i].unusable);
		assert_int_equal(file.n, faults[i].n);
	}
}

static void two_people_may_share_an_address_where_a_reference_tells_them_apart(void **state)
{
	(void)state;
	read_text("reference,email\n1,a@example.org\n2,a@example.org\n");
	assert_int_equal(file.n_faults, 0);
	assert_int_equal(file.n, 2);
}

/* With one of them left in, the address would look like hers alone. */
static void of_people_who_share_an_address_nobody_is_taken_without_a_reference(void **state)
{
	(void)state;
	read_text("name,email\nAda Example,a@example.org\nCy,c@example.org\n"
		  "Bo Example,a@example.org\nAda Example,a@example.org\n");
	assert_int_equal(file.n, 1);
	assert_string_equal(file.residents[0].name, "Cy");
	assert_int_equal(file.n_faulty, 3);
	assert_int_equal(file.n_faults, 3);
	assert_int_equal(file.faults[0].line, 2);
	assert_int_equal(file.faults[1].line, 4);
	assert_int_equal(file.faults[2].line, 5);
	/* One who is written twice is one. */
	read_text("name,email\nAda Example,a@example.org\nADA Example,a@example.org\n");
	assert_int_equal(file.n, 1);
	assert_int_equal(file.n_faulty, 1);
	assert_int_equal(file.faults[0].line, 3);
}

static void who_has_no_address_is_left_out_and_counted(void **state)
{
	(void)state;
	read_text("name,email,phone\nAda,,\nBo,b@example.org,\n");
	assert_int_equal(file.n_faults, 0);
	assert_int_equal(file.n_left_out, 1);
	assert_int_equal(file.n, 1);
}

static void a_field_too_long_is_a_fault(void **state)
{
	static char text[RD_CONTACT_TEXT_MAX + 100];
	size_t n = (size_t)snprintf(text, sizeof text, "email,adjustments\na@example.org,");

	(void)state;
	memset(text + n, 'x', RD_CONTACT_TEXT_MAX + 1);
	read_text(text);
	assert_int_equal(file.n_faults, 1);
	assert_int_equal(file.n_faulty, 1);
	assert_int_equal(file.faults[0].column, 15);
}

static void faults_are_all_counted_and_the_first_are_told(void **state)
{
	const size_t n_lines = RD_CONTACTS_FAULTS_MAX + 10;
	char *text = rd_arena_alloc(arena, 16 + n_lines * 8), *at = text;
	struct rd_arena *own = arena;

	(void)state;
	arena = rd_arena_new(8u << 20);
	at += sprintf(at, "email\n");
	for (size_t i = 0; i < n_lines; i++)
		at += sprintf(at, "x%zu\n", i);
	read_bytes(text, (size_t)(at - text));
	assert_int_equal(file.n_faults, RD_CONTACTS_FAULTS_MAX);
	assert_int_equal(file.n_faulty, n_lines);
	rd_arena_free(arena);
	arena = own;
}

static void what_people_who_share_differ_in_is_nobodys(void **state)
{
	struct rd_resident all;

	(void)state;
	read_text(
		"reference,email,name,prefers,phone,language,adjustments,restrictions,restrictions "
		"until\n"
		"1,a@example.org,Ada,email,07700900123,cy,large print,,\n"
		"2,a@example.org,Bo,sms,07700900124,cy,ring first,calls on Mondays,2027-01-31\n");
	assert_int_equal(file.n, 2);
	all = rd_resident_of_all(file.residents, file.n, arena);
	assert_string_equal(all.name, "");
	assert_string_equal(all.email, "a@example.org");
	assert_string_equal(all.phone, "");
	assert_int_equal(all.prefers, RD_PREFERS_NOTHING);
	assert_string_equal(all.language, "cy");
	assert_string_equal(all.adjustments, "large print\nring first");
	assert_string_equal(all.restrictions, "calls on Mondays");
	assert_int_equal(all.restrictions_until.month, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_line_is_taken),
		cmocka_unit_test(british_spreadsheets_are_understood),
		cmocka_unit_test(what_is_not_told_is_empty),
		cmocka_unit_test(every_fault_has_its_place),
		cmocka_unit_test(
			two_people_may_share_an_address_where_a_reference_tells_them_apart),
		cmocka_unit_test(
			of_people_who_share_an_address_nobody_is_taken_without_a_reference),
		cmocka_unit_test(who_has_no_address_is_left_out_and_counted),
		cmocka_unit_test(a_field_too_long_is_a_fault),
		cmocka_unit_test(faults_are_all_counted_and_the_first_are_told),
		cmocka_unit_test(what_people_who_share_differ_in_is_nobodys),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
