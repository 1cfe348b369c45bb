#include "redress/policy/contacts_file.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "redress/base/csv.h"
#include "redress/base/limits.h"
#include "redress/base/stanza.h"
#include "redress/message/charset.h"
#include "redress/message/sms.h"

enum column {
	COL_NAME = 0,
	COL_FIRST,
	COL_LAST,
	COL_EMAIL,
	COL_PHONE,
	COL_ADDRESS,
	COL_PREFERS,
	COL_LANGUAGE,
	COL_ADJUSTMENTS,
	COL_RESTRICTIONS,
	COL_UNTIL,
	COL_LANDLORD,
	COL_TENURE,
	COL_REFERENCE,
	N_COLUMNS,
	COL_IGNORED,
};

/* What exports call them; case, and blanks, "-" and "_" make no difference. The first is ours. */
static const struct {
	const char *name;
	enum column column;
} names[] = {
	{ "name", COL_NAME },
	{ "full name", COL_NAME },
	{ "first name", COL_FIRST },
	{ "forename", COL_FIRST },
	{ "last name", COL_LAST },
	{ "surname", COL_LAST },
	{ "email", COL_EMAIL },
	{ "e-mail", COL_EMAIL },
	{ "email address", COL_EMAIL },
	{ "phone", COL_PHONE },
	{ "mobile", COL_PHONE },
	{ "telephone", COL_PHONE },
	{ "phone number", COL_PHONE },
	{ "mobile number", COL_PHONE },
	{ "address", COL_ADDRESS },
	{ "postal address", COL_ADDRESS },
	{ "prefers", COL_PREFERS },
	{ "preferred channel", COL_PREFERS },
	{ "contact preference", COL_PREFERS },
	{ "language", COL_LANGUAGE },
	{ "preferred language", COL_LANGUAGE },
	{ "adjustments", COL_ADJUSTMENTS },
	{ "reasonable adjustments", COL_ADJUSTMENTS },
	{ "restrictions", COL_RESTRICTIONS },
	{ "contact restrictions", COL_RESTRICTIONS },
	{ "restrictions until", COL_UNTIL },
	{ "restrictions review", COL_UNTIL },
	{ "landlord", COL_LANDLORD },
	{ "tenure", COL_TENURE },
	{ "reference", COL_REFERENCE },
	{ "person reference", COL_REFERENCE },
	{ "tenant reference", COL_REFERENCE },
};
#define N_NAMES (sizeof names / sizeof names[0])

static const size_t most[N_COLUMNS] = {
	[COL_NAME] = RD_CONTACT_NAME_MAX,
	[COL_FIRST] = RD_CONTACT_NAME_MAX / 2,
	[COL_LAST] = RD_CONTACT_NAME_MAX / 2 - 1,
	[COL_EMAIL] = RD_ADDRESS_BYTES_MAX,
	[COL_PHONE] = 40,
	[COL_ADDRESS] = RD_CONTACT_ADDRESS_MAX,
	[COL_PREFERS] = RD_CONTACT_WORD_MAX,
	[COL_LANGUAGE] = RD_CONTACT_WORD_MAX,
	[COL_ADJUSTMENTS] = RD_CONTACT_TEXT_MAX,
	[COL_RESTRICTIONS] = RD_CONTACT_TEXT_MAX,
	[COL_UNTIL] = RD_CONTACT_WORD_MAX,
	[COL_LANDLORD] = RD_CONTACT_WORD_MAX,
	[COL_TENURE] = RD_CONTACT_WORD_MAX,
	[COL_REFERENCE] = RD_CONTACT_WORD_MAX,
};

struct reading {
	const struct rd_contacts_order *order;
	struct rd_arena *arena;
	struct rd_contacts_file file;
	size_t size; /* of file.residents */
	enum column columns[RD_CSV_FIELDS_MAX];
	size_t n_columns;
	struct rd_csv_row row;
	const struct rd_csv_field *fields[N_COLUMNS]; /* of the row; NULL: the file has none */
	bool row_faulty;
};

RD_PRINTF(4, 5)
static void fault(struct reading *r, uint32_t line, uint32_t column, const char *format, ...)
{
	char why[512];
	va_list args;

	r->row_faulty = true;
	if (r->file.n_faults == RD_CONTACTS_FAULTS_MAX)
		return;
	va_start(args, format);
	vsnprintf(why, sizeof why, format, args);
	va_end(args);
	why[rd_utf8_valid(why, strlen(why))] = '\0';
	r->file.faults[r->file.n_faults++] = (struct rd_contacts_fault){
		.line = line,
		.column = column,
		.why = rd_arena_strdup(r->arena, why),
	};
}

#define AT(field_) (field_)->line, (field_)->column

/* --- the file as a whole --- */

static void place_of(const char *text, size_t at, uint32_t *ret_line, uint32_t *ret_column)
{
	const char *line = text;

	*ret_line = 1;
	*ret_column = 1;
	for (size_t i = 0; i < at; i++)
		if (text[i] == '\n') {
			++*ret_line;
			line = text + i + 1;
		}
	for (const char *p = line; p < text + at; p++)
		*ret_column += ((unsigned char)*p & 0xC0) != 0x80;
}

static bool is_readable(struct reading *r, const char *text, size_t len)
{
	const size_t valid = rd_utf8_valid(text, len);
	uint32_t line, column;

	if (len >= 2 && (memcmp(text, "\xFF\xFE", 2) == 0 || memcmp(text, "\xFE\xFF", 2) == 0)) {
		fault(r, 1, 1,
			"the file is UTF-16 (`Unicode text`); save it as `CSV UTF-8` instead");
		return false;
	}
	if (valid == len)
		return true;
	place_of(text, valid, &line, &column);
	if (text[valid] == '\0')
		fault(r, line, column, "a zero byte stands here; this is no CSV file");
	else
		fault(r, line, column,
			"the byte %02X is not UTF-8; the file looks like Windows-1252, as Excel's "
			"plain `CSV` is: save it as `CSV UTF-8` instead",
			(unsigned char)text[valid]);
	return false;
}

/* --- the head --- */

/* Case folded, with one blank where any of " -_." stand. */
static void plain_name(const char *text, char out[static 64])
{
	size_t n = 0;

	for (; *text != '\0' && n < 63; text++) {
		const char c = (char)tolower((unsigned char)*text);

		if (strchr(" -_./\t", c) == NULL)
			out[n++] = c;
		else if (n > 0 && out[n - 1] != ' ')
			out[n++] = ' ';
	}
	while (n > 0 && out[n - 1] == ' ')
		n--;
	out[n] = '\0';
}

static bool same_name(const char *a, const char *b)
{
	char one[64], other[64];

	plain_name(a, one);
	plain_name(b, other);
	return strcmp(one, other) == 0;
}

static bool is_ignored(const struct reading *r, const char *name)
{
	for (size_t i = 0; i < r->order->n_ignore; i++)
		if (same_name(r->order->ignore[i], name))
			return true;
	return false;
}

static void no_such_column(struct reading *r, const struct rd_csv_field *field)
{
	const char *known[N_NAMES + 1] = { NULL }, *near;
	char plain[64];

	for (size_t i = 0; i < N_NAMES; i++)
		known[i] = names[i].name;
	plain_name(field->text, plain);
	near = rd_did_you_mean(plain, known);
	fault(r, AT(field),
		"`%.60s` is no column that is known here%s%s%s; rename it, take it out, or leave "
		"it aside with `--ignore`",
		field->text, near != NULL ? "; did you mean `" : "", near != NULL ? near : "",
		near != NULL ? "`?" : "");
}

static void take_name(struct reading *r, const struct rd_csv_field *field, enum column *ret)
{
	*ret = COL_IGNORED;
	if (is_ignored(r, field->text))
		return;
	for (size_t i = 0; i < N_NAMES; i++)
		if (same_name(names[i].name, field->text)) {
			*ret = names[i].column;
			break;
		}
	if (*ret == COL_IGNORED) {
		if (field->len > 0)
			no_such_column(r, field);
		else
			fault(r, AT(field), "this column has no name; take it out of the file");
		return;
	}
	for (size_t i = 0; i < r->n_columns; i++)
		if (r->columns[i] == *ret)
			fault(r, AT(field), "a second column that says the same as column %zu",
				i + 1);
}

static bool has_column(const struct reading *r, enum column column)
{
	for (size_t i = 0; i < r->n_columns; i++)
		if (r->columns[i] == column)
			return true;
	return false;
}

static void read_head(struct reading *r)
{
	const struct rd_csv_row *row = &r->row;

	if (row->fault != NULL) {
		fault(r, row->fault_line, row->fault_column, "%s", row->fault);
		return;
	}
	if (row->n_fields == 1 && strpbrk(row->fields[0].text, ";\t") != NULL) {
		fault(r, 1, 1,
			"the columns are parted by semicolons or tabs; save the file with commas");
		return;
	}
	for (size_t i = 0; i < row->n_fields; i++) {
		take_name(r, &row->fields[i], &r->columns[i]);
		r->n_columns = i + 1;
	}
	if (!r->row_faulty && !has_column(r, COL_EMAIL) && !has_column(r, COL_PHONE))
		fault(r, 1, 1,
			"there is neither a column `email` nor a column `phone`: nothing that "
			"comes in could be known by this file; does its first line name the "
			"columns?");
	if (!r->row_faulty && has_column(r, COL_RESTRICTIONS) && !has_column(r, COL_UNTIL))
		fault(r, 1, 1,
			"`restrictions` needs a column `restrictions until`: the day on which each "
			"is looked at again");
}

/* --- a line --- */

static const char *value(const struct reading *r, enum column column)
{
	return r->fields[column] != NULL ? r->fields[column]->text : "";
}

/* Blanks at both ends off; the fields of a line under their columns. */
static void place_fields(struct reading *r)
{
	memset(r->fields, 0, sizeof r->fields);
	for (size_t i = 0; i < r->row.n_fields && i < r->n_columns; i++) {
		struct rd_csv_field *field = &r->row.fields[i];

		if (r->columns[i] == COL_IGNORED)
			continue;
		while (field->len > 0 && isspace((unsigned char)field->text[0])) {
			field->text++;
			field->len--;
		}
		while (field->len > 0 && isspace((unsigned char)field->text[field->len - 1]))
			field->len--;
		field->text =
			field->len > 0 ? rd_arena_copy(r->arena, field->text, field->len) : "";
		if (field->text == NULL)
			field->text = "";
		r->fields[r->columns[i]] = field;
	}
}

static bool is_empty(const struct reading *r)
{
	for (size_t i = 0; i < r->row.n_fields; i++)
		if (r->row.fields[i].text[strspn(r->row.fields[i].text, " \t\r\n")] != '\0')
			return false;
	return true;
}

/* What stands in a line of a terminal, or of a page, must not steer it. */
static void check_field(struct reading *r, enum column column)
{
	const struct rd_csv_field *field = r->fields[column];
	const bool lines =
		column == COL_ADDRESS || column == COL_ADJUSTMENTS || column == COL_RESTRICTIONS;

	if (field == NULL)
		return;
	if (field->len > most[column])
		fault(r, AT(field), "longer than %zu bytes", most[column]);
	for (size_t i = 0; i < field->len; i++) {
		const unsigned char c = (unsigned char)field->text[i];

		if (c >= ' ' && c != 0x7f)
			continue;
		if (lines && (c == '\n' || c == '\r' || c == '\t'))
			continue;
		fault(r, AT(field), "a control character stands in it");
		break;
	}
}

static char *lower(struct reading *r, const char *text)
{
	char *copy = rd_arena_strdup(r->arena, text);

	for (char *p = copy; p != NULL && *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	return copy;
}

/* In one column, or in two. */
static const char *name_of(struct reading *r)
{
	const char *first = value(r, COL_FIRST), *last = value(r, COL_LAST), *both;

	if (value(r, COL_NAME)[0] != '\0' || last[0] == '\0')
		return value(r, COL_NAME)[0] != '\0' ? value(r, COL_NAME) : first;
	if (first[0] == '\0')
		return last;
	both = rd_arena_printf(r->arena, "%s %s", first, last);
	return both != NULL ? both : "";
}

static void take_email(struct reading *r, struct rd_resident *resident)
{
	const char *text = value(r, COL_EMAIL);
	const char *at = strchr(text, '@');

	resident->email = "";
	if (text[0] == '\0')
		return;
	if (at == NULL || at == text || strchr(at + 1, '@') != NULL || strchr(at, '.') == NULL ||
		text[strcspn(text, " \t,;<>\"()")] != '\0') {
		fault(r, AT(r->fields[COL_EMAIL]),
			"`%.80s` is not an e-mail address; write one, such as sam@example.org",
			text);
		return;
	}
	resident->email = lower(r, text);
}

static void take_phone(struct reading *r, struct rd_resident *resident)
{
	const char *text = value(r, COL_PHONE);
	char number[RD_PHONE_MAX];

	resident->phone = "";
	if (text[0] == '\0')
		return;
	if (rd_phone_canonical(text, number)) {
		resident->phone = rd_arena_strdup(r->arena, number);
		return;
	}
	if (strpbrk(text, "Ee") != NULL && text[strspn(text, "0123456789.Ee+ ")] == '\0')
		fault(r, AT(r->fields[COL_PHONE]),
			"`%.40s` is a number that the spreadsheet has rounded; make the column "
			"text and export it again",
			text);
	else if (text[0] != '0' && text[strspn(text, "0123456789 ")] == '\0')
		fault(r, AT(r->fields[COL_PHONE]),
			"`%.40s` is not a telephone number; has the spreadsheet lost the 0 at its "
			"beginning?",
			text);
	else
		fault(r, AT(r->fields[COL_PHONE]),
			"`%.40s` is not a telephone number; write one, such as 07700 900123", text);
}

static void take_prefers(struct reading *r, struct rd_resident *resident)
{
	static const struct {
		const char *word;
		enum rd_prefers prefers;
	} words[] = { { "email", RD_PREFERS_EMAIL }, { "e-mail", RD_PREFERS_EMAIL },
		{ "sms", RD_PREFERS_SMS }, { "text", RD_PREFERS_SMS },
		{ "text message", RD_PREFERS_SMS }, { "post", RD_PREFERS_POST },
		{ "letter", RD_PREFERS_POST }, { "phone", RD_PREFERS_PHONE },
		{ "telephone", RD_PREFERS_PHONE }, { "call", RD_PREFERS_PHONE },
		{ "phone call", RD_PREFERS_PHONE } };
	const char *text = value(r, COL_PREFERS), *lacks = NULL;

	resident->prefers = RD_PREFERS_NOTHING;
	if (text[0] == '\0')
		return;
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strcasecmp(words[i].word, text) == 0)
			resident->prefers = words[i].prefers;
	if (resident->prefers == RD_PREFERS_NOTHING) {
		fault(r, AT(r->fields[COL_PREFERS]),
			"`%.40s` is not one of email, sms, post, phone", text);
		return;
	}
	if (resident->prefers == RD_PREFERS_EMAIL && value(r, COL_EMAIL)[0] == '\0')
		lacks = "an e-mail address";
	else if ((resident->prefers == RD_PREFERS_SMS || resident->prefers == RD_PREFERS_PHONE) &&
		 value(r, COL_PHONE)[0] == '\0')
		lacks = "a telephone number";
	else if (resident->prefers == RD_PREFERS_POST && value(r, COL_ADDRESS)[0] == '\0')
		lacks = "a postal address";
	if (lacks != NULL)
		fault(r, AT(r->fields[COL_PREFERS]), "prefers %s, but the line has not got %s",
			rd_prefers_names[resident->prefers], lacks);
}

static void take_language(struct reading *r, struct rd_resident *resident)
{
	static const char *const welsh[] = { "cy", "cy-gb", "cym", "wel", "welsh", "cymraeg",
		NULL };
	static const char *const english[] = { "en", "en-gb", "eng", "english", "saesneg", NULL };
	const char *text = value(r, COL_LANGUAGE);

	resident->language = text;
	for (size_t i = 0; welsh[i] != NULL; i++)
		if (strcasecmp(welsh[i], text) == 0)
			resident->language = RD_LANGUAGE_WELSH;
	for (size_t i = 0; english[i] != NULL; i++)
		if (strcasecmp(english[i], text) == 0)
			resident->language = RD_LANGUAGE_ENGLISH;
}

/* "31/03/2027", as a British spreadsheet has it, is 2027-03-31; anything else as it is. */
static const char *iso_day(const char *text, char out[static 40])
{
	int day = 0, month = 0, year = 0, end = 0;

	if (sscanf(text, "%2d/%2d/%4d%n", &day, &month, &year, &end) != 3 || text[end] != '\0' ||
		day < 1 || month < 1 || year < 1000)
		return text;
	snprintf(out, 40, "%04d-%02d-%02d", year, month, day);
	return out;
}

static void take_restrictions(struct reading *r, struct rd_resident *resident)
{
	const char *day = value(r, COL_UNTIL);
	struct rd_err ignored = { 0 };
	char iso[40];

	resident->restrictions = value(r, COL_RESTRICTIONS);
	resident->restrictions_until = (struct rd_date){ 0 };
	if (resident->restrictions[0] != '\0' && day[0] == '\0')
		fault(r, AT(r->fields[COL_RESTRICTIONS]),
			"the restriction has no day on which it is looked at again; put one under "
			"`restrictions until`");
	if (day[0] == '\0')
		return;
	if (rd_date_parse(iso_day(day, iso), &resident->restrictions_until, &ignored) != RD_OK)
		fault(r, AT(r->fields[COL_UNTIL]),
			"`%.40s` is not a day; write it as 2027-03-31, or 31/03/2027", day);
	else if (resident->restrictions[0] == '\0')
		fault(r, AT(r->fields[COL_UNTIL]), "a day without a restriction");
}

static void take_landlord(struct reading *r, struct rd_resident *resident)
{
	const char *text = value(r, COL_LANDLORD);
	const char *known[64] = { NULL }, *near;

	resident->landlord = text[0] != '\0' ? text : r->order->landlord;
	if (text[0] == '\0')
		return;
	for (size_t i = 0; i < r->order->n_landlords; i++)
		if (strcmp(r->order->landlords[i], text) == 0)
			return;
	for (size_t i = 0; i < r->order->n_landlords && i < 63; i++)
		known[i] = r->order->landlords[i];
	near = rd_did_you_mean(text, known);
	fault(r, AT(r->fields[COL_LANDLORD]),
		"`%.60s` is no landlord of this gateway's configuration%s%s%s", text,
		near != NULL ? "; did you mean `" : "", near != NULL ? near : "",
		near != NULL ? "`?" : "");
}

static enum rd_rc add_resident(
	struct reading *r, const struct rd_resident *resident, struct rd_err *err)
{
	if (r->file.n == r->size) {
		const size_t size = r->size > 0 ? r->size * 2 : 1024;
		struct rd_resident *grown = rd_arena_array(r->arena, size, sizeof *grown);

		if (grown == NULL)
			return rd_fail(err, RD_E_RANGE, "the file does not fit in memory");
		if (r->file.n > 0)
			memcpy(grown, r->file.residents, r->file.n * sizeof *grown);
		r->file.residents = grown;
		r->size = size;
	}
	r->file.residents[r->file.n++] = *resident;
	return RD_OK;
}

static enum rd_rc read_line(struct reading *r, struct rd_err *err)
{
	struct rd_resident resident = { .line = r->row.line };

	place_fields(r);
	if (r->row.fault != NULL) {
		fault(r, r->row.fault_line, r->row.fault_column, "%s", r->row.fault);
		return RD_OK;
	}
	if (r->row.n_fields != r->n_columns) {
		fault(r, r->row.line, 1,
			"%zu fields, where the first line names %zu columns; is a comma missing, "
			"or one too many, or not in quotes?",
			r->row.n_fields, r->n_columns);
		return RD_OK;
	}
	for (enum column c = 0; c < N_COLUMNS; c++)
		check_field(r, c);
	resident.reference = value(r, COL_REFERENCE);
	resident.name = name_of(r);
	resident.address = value(r, COL_ADDRESS);
	resident.adjustments = value(r, COL_ADJUSTMENTS);
	resident.tenure = value(r, COL_TENURE);
	take_email(r, &resident);
	take_phone(r, &resident);
	take_prefers(r, &resident);
	take_language(r, &resident);
	take_restrictions(r, &resident);
	take_landlord(r, &resident);
	if (r->row_faulty)
		return RD_OK;
	if (resident.email[0] == '\0' && resident.phone[0] == '\0') {
		r->file.n_left_out++;
		return RD_OK;
	}
	return add_resident(r, &resident, err);
}

/* --- nobody twice --- */

/* What a person is known by in this file. */
static const char *identity(const struct rd_resident *resident, const char **ret_what)
{
	if (resident->reference[0] != '\0') {
		*ret_what = "reference";
		return resident->reference;
	}
	if (resident->email[0] != '\0') {
		*ret_what = "e-mail address";
		return resident->email;
	}
	*ret_what = "telephone number";
	return resident->phone;
}

static int by_identity(const void *a, const void *b)
{
	const struct rd_resident *one = *(const struct rd_resident *const *)a;
	const struct rd_resident *other = *(const struct rd_resident *const *)b;
	const char *what, *other_what;
	const char *id = identity(one, &what), *other_id = identity(other, &other_what);
	int order = strcmp(one->landlord, other->landlord);

	if (order == 0)
		order = strcmp(what, other_what);
	if (order == 0)
		order = strcmp(id, other_id);
	if (order == 0)
		order = one->line < other->line ? -1 : one->line > other->line;
	return order;
}

static bool is_one_group(const struct rd_resident *one, const struct rd_resident *other)
{
	const char *what, *other_what;
	const char *id = identity(one, &what), *other_id = identity(other, &other_what);

	return strcmp(id, other_id) == 0 && strcmp(what, other_what) == 0 &&
	       strcmp(one->landlord, other->landlord) == 0;
}

/* Several people of one address or number, or nobody can tell: with one of them left in, what
 * belongs to all would look like that one's. A line that was written twice is one person's. */
static bool may_be_several(struct rd_resident *const *group, size_t n)
{
	const char *what;

	identity(group[0], &what);
	if (what[0] == 'r')
		return false;
	for (size_t i = 1; i < n; i++)
		if (group[0]->name[0] == '\0' || strcasecmp(group[0]->name, group[i]->name) != 0)
			return true;
	return false;
}

static void leave_out(struct reading *r, struct rd_resident *resident, uint32_t other_line)
{
	const char *what;

	identity(resident, &what);
	fault(r, resident->line, 1, "the same %s as in line %u%s", what, other_line,
		what[0] == 'r' ? ""
			       : "; where two people share one, tell them apart with a "
				 "column `reference`");
	r->file.n_faulty++;
}

/* Each line of it but the first is faulty; the first too where it may be another person. */
static void leave_group_out(struct reading *r, struct rd_resident *const *group, size_t n)
{
	const uint32_t first = group[0]->line;

	if (n < 2)
		return;
	if (may_be_several(group, n)) {
		leave_out(r, group[0], group[1]->line);
		group[0]->line = 0;
	}
	for (size_t i = 1; i < n; i++) {
		leave_out(r, group[i], first);
		group[i]->line = 0;
	}
}

static enum rd_rc find_twice(struct reading *r, struct rd_err *err)
{
	const size_t n = r->file.n;
	struct rd_resident **sorted = rd_arena_array(r->arena, n + 1, sizeof *sorted);
	size_t kept = 0;

	if (sorted == NULL)
		return rd_fail(err, RD_E_RANGE, "the file does not fit in memory");
	for (size_t i = 0; i < n; i++)
		sorted[i] = &r->file.residents[i];
	qsort(sorted, n, sizeof *sorted, by_identity);
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && is_one_group(sorted[i], sorted[end]);)
			end++;
		leave_group_out(r, sorted + i, end - i);
	}
	for (size_t i = 0; i < n; i++)
		if (r->file.residents[i].line != 0)
			r->file.residents[kept++] = r->file.residents[i];
	r->file.n = kept;
	return RD_OK;
}

static int by_place(const void *a, const void *b)
{
	const struct rd_contacts_fault *one = a, *other = b;

	if (one->line != other->line)
		return one->line < other->line ? -1 : 1;
	return one->column < other->column ? -1 : one->column > other->column;
}

static enum rd_rc read_lines(struct reading *r, struct rd_csv *csv, struct rd_err *err)
{
	while (rd_csv_next(csv, r->arena, &r->row)) {
		r->row_faulty = false;
		if (r->row.fault == NULL && is_empty(r))
			continue;
		if (r->file.n_lines == RD_CONTACTS_ROWS_MAX)
			return rd_fail(err, RD_E_RANGE,
				"more than %d people; split the file, by landlord for example",
				RD_CONTACTS_ROWS_MAX);
		r->file.n_lines++;
		RD_TRY(read_line(r, err));
		r->file.n_faulty += r->row_faulty;
		r->file.unusable = r->file.unusable || r->row.broken;
	}
	return find_twice(r, err);
}

static enum rd_rc read_file(struct reading *r, const char *text, size_t len, struct rd_err *err)
{
	struct rd_csv csv;

	r->file.unusable = true;
	if (!is_readable(r, text, len))
		return RD_OK;
	if (len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
		text += 3;
		len -= 3;
	}
	csv = rd_csv_begin(text, len);
	if (!rd_csv_next(&csv, r->arena, &r->row)) {
		fault(r, 1, 1, "the file is empty");
		return RD_OK;
	}
	read_head(r);
	if (r->row_faulty)
		return RD_OK;
	r->file.unusable = false;
	return read_lines(r, &csv, err);
}

enum rd_rc rd_contacts_parse(const char *text, size_t len, const struct rd_contacts_order *order,
	struct rd_arena *arena, struct rd_contacts_file *ret_file, struct rd_err *err)
{
	struct reading *r = rd_arena_alloc(arena, sizeof *r);

	if (r == NULL)
		return rd_fail(err, RD_E_RANGE, "the file does not fit in memory");
	r->order = order;
	r->arena = arena;
	r->file.faults = rd_arena_array(arena, RD_CONTACTS_FAULTS_MAX, sizeof *r->file.faults);
	RD_TRY(read_file(r, text, len, err));
	if (rd_arena_overflowed(arena))
		return rd_fail(err, RD_E_RANGE, "the file does not fit in memory");
	qsort(r->file.faults, r->file.n_faults, sizeof *r->file.faults, by_place);
	*ret_file = r->file;
	return RD_OK;
}
