#include "redress/rules/program.h"

#include "redress/rules/definition.h"
#include "redress/rules/language.h"

#define NEST_MAX 60
/* PCRE2 takes programs of 64 kB. Of what phrases are made of, a gap of RD_PHRASE_GAP_MAX words
 * grows the most: thirteenfold. */
#define SMALL ((64u << 10) / 16)
/* Each phrase with its lists written out, and twice more all of them together. */
#define WRITING_BYTES_MAX (64u * RD_PATTERN_BYTES_MAX)

pcre2_compile_context *rd_program_context(void)
{
	pcre2_compile_context *context = pcre2_compile_context_create(NULL);

	RD_ASSERT(context != NULL);
	pcre2_set_newline(context, PCRE2_NEWLINE_LF);
	pcre2_set_parens_nest_limit(context, NEST_MAX);
	return context;
}

static void context_cleanup(pcre2_compile_context **context)
{
	pcre2_compile_context_free(*context);
}

pcre2_code *rd_program_compile(const pcre2_compile_context *context, const char *regex,
	uint32_t options, int *ret_number, size_t *ret_at)
{
	/* PCRE2 only reads its context. */
	return pcre2_compile((PCRE2_SPTR)regex, PCRE2_ZERO_TERMINATED,
		PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C | PCRE2_NO_AUTO_CAPTURE | options, ret_number,
		ret_at, (pcre2_compile_context *)context);
}

/* The pattern of all phrases; NULL where it is too long. */
static const char *write_pattern(
	const struct rd_program *program, struct rd_arena *arena, struct rd_problems *problems)
{
	struct rd_phrase *phrases = rd_arena_array(arena, program->n_lines, sizeof *phrases);
	size_t n = 0;

	for (size_t i = 0; i < program->n_lines && phrases != NULL; i++)
		n += rd_phrase_read(program->lines[i].value, program->lines[i].at, program->lists,
			arena, problems, &phrases[n]);
	return n > 0 ? rd_phrase_pattern(phrases, n, arena) : NULL;
}

static pcre2_code *make_code(const struct rd_program *program, struct rd_problems *problems)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(WRITING_BYTES_MAX);
	RD_CLEANUP(context_cleanup) pcre2_compile_context *context = rd_program_context();
	struct rd_problems already_told;
	int number = 0;
	size_t at = 0;

	rd_problems_begin(&already_told, arena);
	const char *regex = write_pattern(program, arena, &already_told);
	pcre2_code *code = NULL;
	if (regex != NULL)
		code = rd_program_compile(context, regex, 0, &number, &at);
	/* We wrote the pattern ourselves: PCRE2 can find nothing wrong with it but its size. */
	if (code == NULL)
		rd_problem_error(problems, program->lines[0].at,
			"this phrase with its lists is too long; make several of it");
	return code;
}

static const pcre2_code *code_of(struct rd_program *program, struct rd_problems *problems)
{
	pcre2_code *code = atomic_load_explicit(&program->code, memory_order_acquire);
	pcre2_code *other = NULL;

	if (code != NULL)
		return code;
	code = make_code(program, problems);
	if (code == NULL || atomic_compare_exchange_strong(&program->code, &other, code))
		return code;
	pcre2_code_free(code);
	return other;
}

const pcre2_code *rd_program_code(struct rd_program *program)
{
	pcre2_code *code = atomic_load_explicit(&program->code, memory_order_acquire);

	if (code != NULL)
		return code;
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(64u << 10);
	struct rd_problems unheard;
	rd_problems_begin(&unheard, arena);
	return code_of(program, &unheard);
}

bool rd_program_check(struct rd_program *program, struct rd_problems *problems)
{
	if (program->regex_len < SMALL)
		return true;
	return code_of(program, problems) != NULL;
}

void rd_program_free(struct rd_program *program)
{
	pcre2_code_free(atomic_load_explicit(&program->code, memory_order_acquire));
}
