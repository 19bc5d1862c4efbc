/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qmp-message.h"

#include "conf/error.h"
#include "conf/i18n.h"

/* how much of a line that is no QMP is shown */
#define QUOTED_BYTES 80

typedef struct {
    const char *name;
    VirtCpuQmpErrorClass value;
} ErrorClassRow;

static const ErrorClassRow error_classes[] = {
    { "GenericError", VIRTCPU_QMP_CLASS_GENERIC },
    { "CommandNotFound", VIRTCPU_QMP_CLASS_COMMAND_NOT_FOUND },
    { "DeviceNotActive", VIRTCPU_QMP_CLASS_DEVICE_NOT_ACTIVE },
    { "DeviceNotFound", VIRTCPU_QMP_CLASS_DEVICE_NOT_FOUND },
    { "KVMMissingCap", VIRTCPU_QMP_CLASS_KVM_MISSING_CAP },
};

void
virtcpu_qmp_message_free(VirtCpuQmpMessage *message)
{
    if (message != NULL) {
        virtcpu_json_free(message->root);
        g_free(message);
    }
}

static VirtCpuQmpErrorClass
error_class_from_name(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(error_classes); i++) {
        if (g_strcmp0(error_classes[i].name, name) == 0) {
            return error_classes[i].value;
        }
    }
    return VIRTCPU_QMP_CLASS_OTHER;
}

static guint64
id_from_json(const VirtCpuJson *root)
{
    const char *text = virtcpu_json_get_string(root, "id");
    guint64 id = 0;

    if (text == NULL || !g_ascii_string_to_unsigned(text, 10, 1, G_MAXUINT64, &id, NULL)) {
        return 0;
    }
    return id;
}

/* Fill @message from its root; FALSE when that is no QMP. */
static gboolean
classify(VirtCpuQmpMessage *message)
{
    const VirtCpuJson *root = message->root;
    const VirtCpuJson *failure = virtcpu_json_get(root, "error");
    const VirtCpuJson *stamp = virtcpu_json_get(root, "timestamp");

    message->id = id_from_json(root);
    if (virtcpu_json_get(root, "return") != NULL) {
        message->kind = VIRTCPU_QMP_RETURN;
        return TRUE;
    }
    if (failure != NULL) {
        message->kind = VIRTCPU_QMP_ERROR;
        message->error_class = error_class_from_name(virtcpu_json_get_string(failure, "class"));
        message->description = virtcpu_json_get_string(failure, "desc");
        return message->description != NULL;
    }
    message->event = virtcpu_json_get_string(root, "event");
    if (message->event != NULL) {
        message->kind = VIRTCPU_QMP_EVENT;
        message->seconds = -1;
        virtcpu_json_get_int(stamp, "seconds", &message->seconds);
        virtcpu_json_get_int(stamp, "microseconds", &message->micros);
        return TRUE;
    }
    message->kind = VIRTCPU_QMP_GREETING;
    return virtcpu_json_kind(virtcpu_json_get(root, "QMP")) == VIRTCPU_JSON_OBJECT;
}

VirtCpuQmpMessage *
virtcpu_qmp_message_parse(const char *line, gsize length, GError **error)
{
    g_autoptr(VirtCpuQmpMessage) message = g_new0(VirtCpuQmpMessage, 1);
    g_autoptr(GError) reason = NULL;
    g_autofree char *start = NULL;

    message->root = virtcpu_json_parse(line, (gssize)length, &reason);
    if (message->root != NULL && classify(message)) {
        return g_steal_pointer(&message);
    }
    /* escaped: a line of any bytes ends up in logs and in what clients show */
    start = g_strndup(line, MIN(length, QUOTED_BYTES));
    g_strdelimit(start, "\r\n\t", ' ');
    g_autofree char *quoted = g_strescape(start, "\"");
    virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                      _("QEMU's monitor sent '%s', which is no QMP message: %s"), quoted,
                      reason != NULL ? reason->message : _("it is no greeting, event or reply"));
    return NULL;
}

char *
virtcpu_qmp_id_to_string(guint64 id)
{
    return g_strdup_printf("%" G_GUINT64_FORMAT, id);
}

char *
virtcpu_qmp_message_format(const char *command, const VirtCpuJson *arguments, guint64 id)
{
    g_autoptr(VirtCpuJson) root = virtcpu_json_new_object();
    g_autofree char *id_text = virtcpu_qmp_id_to_string(id);
    g_autofree char *text = NULL;

    virtcpu_json_set_string(root, "execute", command);
    if (arguments != NULL) {
        virtcpu_json_set(root, "arguments", virtcpu_json_copy(arguments));
    }
    virtcpu_json_set_string(root, "id", id_text);
    text = virtcpu_json_format(root, FALSE);
    return g_strconcat(text, "\n", NULL);
}
