/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/json.h"

/* Objects with more members than this find them by hash instead of one by one. */
#define INDEX_THRESHOLD 16

typedef struct {
    GPtrArray *values; /* of VirtCpuJson */
    GPtrArray *keys;   /* of char, beside values; NULL in arrays */
    GHashTable *index; /* key to place; NULL while the object is small */
} Members;

struct _VirtCpuJson {
    VirtCpuJsonKind kind;
    gboolean above_int64; /* INT: bits is unsigned and too big for gint64 */
    union {
        gboolean boolean;
        guint64 bits; /* INT, two's complement */
        double number;
        char *string;
        Members *members;
    };
};

static void
value_free(gpointer value)
{
    virtcpu_json_free(value);
}

static Members *
members_new(gboolean object)
{
    Members *members = g_new0(Members, 1);

    members->values = g_ptr_array_new_with_free_func(value_free);
    members->keys = object ? g_ptr_array_new_with_free_func(g_free) : NULL;
    return members;
}

static void
members_free(Members *members)
{
    g_clear_pointer(&members->index, g_hash_table_unref);
    g_clear_pointer(&members->keys, g_ptr_array_unref);
    g_ptr_array_unref(members->values);
    g_free(members);
}

/* Where @key is, or -1. */
static gssize
members_find(const Members *members, const char *key)
{
    if (members->index != NULL) {
        gpointer place;

        return g_hash_table_lookup_extended(members->index, key, NULL, &place)
                   ? (gssize)GPOINTER_TO_SIZE(place)
                   : -1;
    }
    for (guint i = 0; i < members->keys->len; i++) {
        if (g_str_equal(members->keys->pdata[i], key)) {
            return i;
        }
    }
    return -1;
}

static void
members_add(Members *members, const char *key, VirtCpuJson *value)
{
    g_ptr_array_add(members->keys, g_strdup(key));
    g_ptr_array_add(members->values, value);
    if (members->index == NULL && members->keys->len > INDEX_THRESHOLD) {
        members->index = g_hash_table_new(g_str_hash, g_str_equal);
        for (guint i = 0; i < members->keys->len - 1; i++) {
            g_hash_table_insert(members->index, members->keys->pdata[i], GSIZE_TO_POINTER(i));
        }
    }
    if (members->index != NULL) {
        guint last = members->keys->len - 1;

        g_hash_table_insert(members->index, members->keys->pdata[last], GSIZE_TO_POINTER(last));
    }
}

static VirtCpuJson *
value_new(VirtCpuJsonKind kind)
{
    VirtCpuJson *json = g_new0(VirtCpuJson, 1);

    json->kind = kind;
    return json;
}

static gboolean
has_members(const VirtCpuJson *json)
{
    return json != NULL && (json->kind == VIRTCPU_JSON_ARRAY || json->kind == VIRTCPU_JSON_OBJECT);
}

void
virtcpu_json_free(VirtCpuJson *json)
{
    if (json == NULL) {
        return;
    }
    if (json->kind == VIRTCPU_JSON_STRING) {
        g_free(json->string);
    } else if (has_members(json)) {
        members_free(json->members);
    }
    g_free(json);
}

VirtCpuJson *
virtcpu_json_copy(const VirtCpuJson *json)
{
    VirtCpuJson *copy = g_memdup2(json, sizeof(*json));

    if (json->kind == VIRTCPU_JSON_STRING) {
        copy->string = g_strdup(json->string);
    } else if (has_members(json)) {
        copy->members = members_new(json->kind == VIRTCPU_JSON_OBJECT);
        for (guint i = 0; i < json->members->values->len; i++) {
            VirtCpuJson *value = virtcpu_json_copy(json->members->values->pdata[i]);

            if (json->kind == VIRTCPU_JSON_OBJECT) {
                members_add(copy->members, json->members->keys->pdata[i], value);
            } else {
                g_ptr_array_add(copy->members->values, value);
            }
        }
    }
    return copy;
}

VirtCpuJson *
virtcpu_json_new_null(void)
{
    return value_new(VIRTCPU_JSON_NULL);
}

VirtCpuJson *
virtcpu_json_new_bool(gboolean value)
{
    VirtCpuJson *json = value_new(VIRTCPU_JSON_BOOL);

    json->boolean = value != FALSE;
    return json;
}

VirtCpuJson *
virtcpu_json_new_int(gint64 value)
{
    VirtCpuJson *json = value_new(VIRTCPU_JSON_INT);

    json->bits = (guint64)value;
    return json;
}

VirtCpuJson *
virtcpu_json_new_uint(guint64 value)
{
    VirtCpuJson *json = value_new(VIRTCPU_JSON_INT);

    json->bits = value;
    json->above_int64 = value > G_MAXINT64;
    return json;
}

VirtCpuJson *
virtcpu_json_new_double(double value)
{
    VirtCpuJson *json = value_new(VIRTCPU_JSON_DOUBLE);

    json->number = value;
    return json;
}

VirtCpuJson *
virtcpu_json_new_string(const char *value)
{
    VirtCpuJson *json = value_new(VIRTCPU_JSON_STRING);

    json->string = g_strdup(value);
    return json;
}

VirtCpuJson *
virtcpu_json_new_array(void)
{
    VirtCpuJson *json = value_new(VIRTCPU_JSON_ARRAY);

    json->members = members_new(FALSE);
    return json;
}

VirtCpuJson *
virtcpu_json_new_object(void)
{
    VirtCpuJson *json = value_new(VIRTCPU_JSON_OBJECT);

    json->members = members_new(TRUE);
    return json;
}

VirtCpuJson *
virtcpu_json_set(VirtCpuJson *object, const char *key, VirtCpuJson *value)
{
    Members *members = object->members;
    gssize place = members_find(members, key);

    if (place < 0) {
        members_add(members, key, value);
    } else {
        virtcpu_json_free(members->values->pdata[place]);
        members->values->pdata[place] = value;
    }
    return value;
}

void
virtcpu_json_set_string(VirtCpuJson *object, const char *key, const char *value)
{
    if (value != NULL) {
        virtcpu_json_set(object, key, virtcpu_json_new_string(value));
    }
}

void
virtcpu_json_set_int(VirtCpuJson *object, const char *key, gint64 value)
{
    virtcpu_json_set(object, key, virtcpu_json_new_int(value));
}

void
virtcpu_json_set_bool(VirtCpuJson *object, const char *key, gboolean value)
{
    virtcpu_json_set(object, key, virtcpu_json_new_bool(value));
}

VirtCpuJson *
virtcpu_json_append(VirtCpuJson *array, VirtCpuJson *value)
{
    g_ptr_array_add(array->members->values, value);
    return value;
}

VirtCpuJson *
virtcpu_json_new_strings(const char *const *values)
{
    VirtCpuJson *json = virtcpu_json_new_array();

    for (gsize i = 0; values != NULL && values[i] != NULL; i++) {
        virtcpu_json_append(json, virtcpu_json_new_string(values[i]));
    }
    return json;
}

VirtCpuJson *
virtcpu_json_take(VirtCpuJson *object, const char *key)
{
    gssize place = members_find(object->members, key);
    VirtCpuJson *value;

    if (place < 0) {
        return NULL;
    }
    value = object->members->values->pdata[place];
    object->members->values->pdata[place] = virtcpu_json_new_null();
    return value;
}

VirtCpuJsonKind
virtcpu_json_kind(const VirtCpuJson *json)
{
    return json != NULL ? json->kind : VIRTCPU_JSON_NULL;
}

const VirtCpuJson *
virtcpu_json_get(const VirtCpuJson *object, const char *key)
{
    gssize place;

    if (virtcpu_json_kind(object) != VIRTCPU_JSON_OBJECT) {
        return NULL;
    }
    place = members_find(object->members, key);
    return place >= 0 ? object->members->values->pdata[place] : NULL;
}

const char *
virtcpu_json_get_string(const VirtCpuJson *object, const char *key)
{
    return virtcpu_json_to_string(virtcpu_json_get(object, key));
}

gboolean
virtcpu_json_get_int(const VirtCpuJson *object, const char *key, gint64 *value)
{
    return virtcpu_json_to_int(virtcpu_json_get(object, key), value);
}

gboolean
virtcpu_json_get_bool(const VirtCpuJson *object, const char *key, gboolean fallback)
{
    const VirtCpuJson *member = virtcpu_json_get(object, key);

    return virtcpu_json_kind(member) == VIRTCPU_JSON_BOOL ? member->boolean : fallback;
}

const char *
virtcpu_json_to_string(const VirtCpuJson *json)
{
    return virtcpu_json_kind(json) == VIRTCPU_JSON_STRING ? json->string : NULL;
}

gboolean
virtcpu_json_to_int(const VirtCpuJson *json, gint64 *value)
{
    if (virtcpu_json_kind(json) != VIRTCPU_JSON_INT || json->above_int64) {
        return FALSE;
    }
    *value = (gint64)json->bits;
    return TRUE;
}

gboolean
virtcpu_json_to_uint(const VirtCpuJson *json, guint64 *value)
{
    if (virtcpu_json_kind(json) != VIRTCPU_JSON_INT ||
        (!json->above_int64 && json->bits > G_MAXINT64)) {
        return FALSE;
    }
    *value = json->bits;
    return TRUE;
}

gboolean
virtcpu_json_to_double(const VirtCpuJson *json, double *value)
{
    if (virtcpu_json_kind(json) == VIRTCPU_JSON_DOUBLE) {
        *value = json->number;
        return TRUE;
    }
    if (virtcpu_json_kind(json) != VIRTCPU_JSON_INT) {
        return FALSE;
    }
    *value = json->above_int64 ? (double)json->bits : (double)(gint64)json->bits;
    return TRUE;
}

gboolean
virtcpu_json_is_true(const VirtCpuJson *json)
{
    return virtcpu_json_kind(json) == VIRTCPU_JSON_BOOL && json->boolean;
}

gsize
virtcpu_json_size(const VirtCpuJson *json)
{
    return has_members(json) ? json->members->values->len : 0;
}

const VirtCpuJson *
virtcpu_json_at(const VirtCpuJson *json, gsize index)
{
    return index < virtcpu_json_size(json) ? json->members->values->pdata[index] : NULL;
}

const char *
virtcpu_json_key_at(const VirtCpuJson *json, gsize index)
{
    return virtcpu_json_kind(json) == VIRTCPU_JSON_OBJECT && index < virtcpu_json_size(json)
               ? json->members->keys->pdata[index]
               : NULL;
}
