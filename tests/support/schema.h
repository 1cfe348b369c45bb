/* schema: as much of JSON Schema (2020-12) as share/openapi.json uses; a word it does not know is a
 * failure, so that nothing in the file is taken on trust. `seen` gathers which schema's properties
 * an answer has shown ("Case.ref").
 */
#ifndef REDRESS_SUPPORT_SCHEMA_H
#define REDRESS_SUPPORT_SCHEMA_H

#include <jansson.h>
#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "redress/base/date.h"

#define SCHEMA_REF "#/components/schemas/"

struct schema {
	json_t *document; /* borrowed */
	json_t *seen;	  /* an object: names -> true */
	char fault[400];
};

static inline bool schema_fault(struct schema *s, const char *where, const char *what)
{
	if (s->fault[0] == '\0')
		snprintf(s->fault, sizeof s->fault, "%s: %s", where, what);
	return false;
}

static inline bool schema_is_type(const json_t *value, const char *type)
{
	return (strcmp(type, "object") == 0 && json_is_object(value)) ||
	       (strcmp(type, "array") == 0 && json_is_array(value)) ||
	       (strcmp(type, "string") == 0 && json_is_string(value)) ||
	       (strcmp(type, "integer") == 0 && json_is_integer(value)) ||
	       (strcmp(type, "boolean") == 0 && json_is_boolean(value)) ||
	       (strcmp(type, "null") == 0 && json_is_null(value));
}

static inline bool schema_has_type(const json_t *value, const json_t *type)
{
	const json_t *one;
	size_t i;

	if (json_is_string(type))
		return schema_is_type(value, json_string_value(type));
	json_array_foreach(
		type, i, one) if (schema_is_type(value, json_string_value(one))) return true;
	return false;
}

static inline bool schema_has_format(const char *text, const char *format)
{
	struct rd_err err = { 0 };
	struct rd_date day;
	int64_t ms;

	if (strcmp(format, "date") == 0)
		return rd_date_parse(text, &day, &err) == RD_OK;
	return strcmp(format, "date-time") == 0 && rd_instant_parse(text, &ms, &err) == RD_OK;
}

static inline bool schema_matches(const char *text, const char *pattern)
{
	regex_t regex;

	assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
	const bool fits = regexec(&regex, text, 0, NULL, 0) == 0;
	regfree(&regex);
	return fits;
}

static inline bool schema_is_one_of(const json_t *value, const json_t *values)
{
	const json_t *one;
	size_t i;

	json_array_foreach(values, i, one) if (json_equal(value, one)) return true;
	return false;
}

static inline bool schema_fits(
	struct schema *s, const json_t *schema, const json_t *value, const char *name);

static inline bool schema_fits_object(
	struct schema *s, const json_t *schema, const json_t *value, const char *name)
{
	const json_t *properties = json_object_get(schema, "properties"), *item;
	char path[160];
	const char *key;
	size_t i;

	json_array_foreach(json_object_get(schema, "required"), i,
		item) if (!json_object_get(value, json_string_value(item))) return schema_fault(s,
		name, json_string_value(item));
	json_object_foreach((json_t *)(uintptr_t)value, key, item)
	{
		const json_t *known = json_object_get(properties, key);

		snprintf(path, sizeof path, "%s.%s", name, key);
		if (!known) {
			if (json_is_false(json_object_get(schema, "additionalProperties")))
				return schema_fault(s, path, "is not described");
			continue;
		}
		json_object_set_new(s->seen, path, json_true());
		if (!schema_fits(s, known, item, path))
			return false;
	}
	return true;
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the description is */
static inline bool schema_fits(
	struct schema *s, const json_t *schema, const json_t *value, const char *name)
{
	static const char *const known[] = { "type", "format", "description", "enum", "items",
		"properties", "required", "additionalProperties", "minimum", "maximum", "default",
		"pattern", "examples", "oneOf", "$ref" };
	const json_t *rule, *item;
	const char *key;
	size_t i;

	json_object_foreach((json_t *)(uintptr_t)schema, key, rule)
	{
		bool is_known = false;
		for (i = 0; i < sizeof known / sizeof known[0]; i++)
			is_known = is_known || strcmp(key, known[i]) == 0;
		if (!is_known)
			return schema_fault(s, name, "the description uses a word unknown here");
	}
	if ((rule = json_object_get(schema, "$ref"))) {
		const char *to = json_string_value(rule);
		assert_int_equal(strncmp(to, SCHEMA_REF, strlen(SCHEMA_REF)), 0);
		to += strlen(SCHEMA_REF);
		rule = json_object_get(
			json_object_get(json_object_get(s->document, "components"), "schemas"), to);
		assert_non_null(rule);
		return schema_fits(s, rule, value, to);
	}
	if ((rule = json_object_get(schema, "oneOf"))) {
		json_array_foreach(rule, i,
			item) if (json_is_null(value) ==
				  (json_object_get(item, "type") != NULL)) return schema_fits(s,
			item, value, name);
		return schema_fault(s, name, "is none of those");
	}
	rule = json_object_get(schema, "type");
	if (rule && !schema_has_type(value, rule))
		return schema_fault(s, name, "is of another type");
	rule = json_object_get(schema, "enum");
	if (rule && !schema_is_one_of(value, rule))
		return schema_fault(s, name, "is a word that is not described");
	rule = json_object_get(schema, "pattern");
	if (rule && !schema_matches(json_string_value(value), json_string_value(rule)))
		return schema_fault(s, name, "does not match its pattern");
	rule = json_object_get(schema, "format");
	if (rule && json_is_string(value) &&
		!schema_has_format(json_string_value(value), json_string_value(rule)))
		return schema_fault(s, name, "is not of its format");
	rule = json_object_get(schema, "minimum");
	if (rule && json_is_integer(value) && json_integer_value(value) < json_integer_value(rule))
		return schema_fault(s, name, "is too small");
	rule = json_object_get(schema, "items");
	if (rule && json_is_array(value))
		json_array_foreach(
			value, i, item) if (!schema_fits(s, rule, item, name)) return false;
	return !json_is_object(value) || schema_fits_object(s, schema, value, name);
}

#endif
