/* Absences in the languages that come in, known only with a header that a machine wrote. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "redress/message/mime.h"

static const char *const absences[] = { "Automatic reply: Your complaint", "AUTOREPLY",
	"Out of Office: Your complaint", "Out of the office until Monday",
	"Automated response: your e-mail", "Automatische Antwort: Ihre Nachricht",
	"Abwesenheitsnotiz: Anna", "R\xC3\xA9ponse automatique : Plainte",
	"=?utf-8?q?R=C3=A9ponse_automatique=3A_Plainte?=", "Respuesta autom\xC3\xA1tica: Queja",
	"Fuera de la oficina: Queja", "Risposta automatica: Reclamo",
	"Resposta autom\xC3\xA1tica: Queixa", "Automatyczna odpowied\xC5\xBA: Skarga",
	"Autoodpowied\xC5\xBA", "R\xC4\x83spuns automat: Pl\xC3\xA2ngere",
	"Automatisch antwoord: Klacht", "Afwezig", "Automatiskt svar: Klagom\xC3\xA5l",
	"Automaattinen vastaus", "Ymateb awtomatig: Eich cwyn", "Allan o'r swyddfa",
	"\xD0\x90\xD0\xB2\xD1\x82\xD0\xBE\xD0\xBC\xD0\xB0\xD1\x82\xD0\xB8\xD1\x87\xD0\xBD\xD0\xBE",
	"\xD8\xB1\xD8\xAF \xD8\xAA\xD9\x84\xD9\x82\xD8\xA7\xD8\xA6\xD9\x8A",
	"\xE8\x87\xAA\xE5\x8A\xA8\xE7\xAD\x94\xE5\xA4\x8D" };

static bool is_absence(const char *header, const char *subject)
{
	struct rd_arena *arena = rd_arena_new(RD_MIME_ARENA_BYTES);
	struct rd_message message = { 0 };
	struct rd_err err = { 0 };
	char raw[1024];
	bool absent;

	snprintf(raw, sizeof raw, "From: ann@example.com\n%sSubject: %s\n\nBack on Monday.\n",
		header, subject);
	assert_int_equal(rd_mime_parse(raw, strlen(raw), false, arena, &message, &err), RD_OK);
	absent = message.automatic.auto_replied;
	rd_arena_free(arena);
	return absent;
}

static void every_language_is_known_where_a_machine_wrote(void **state)
{
	static const char *const machines[] = { "Auto-Submitted: auto-generated\n",
		"Return-Path: <>\n", "Precedence: bulk\n" };

	(void)state;
	for (size_t i = 0; i < sizeof absences / sizeof absences[0]; i++)
		if (!is_absence(machines[i % 3], absences[i]))
			fail_msg("not known: %s", absences[i]);
}

static void nobody_is_taken_for_a_machine_by_a_subject(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof absences / sizeof absences[0]; i++)
		if (is_absence("", absences[i]))
			fail_msg("taken for a machine: %s", absences[i]);
	assert_false(is_absence("Auto-Submitted: no\n", absences[0]));
	assert_false(is_absence("X-Auto-Response-Suppress: All\n", absences[0]));
	assert_false(is_absence("Auto-Submitted: auto-generated\n", "My complaint"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_language_is_known_where_a_machine_wrote),
		cmocka_unit_test(nobody_is_taken_for_a_machine_by_a_subject),
	};

	rd_mime_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
