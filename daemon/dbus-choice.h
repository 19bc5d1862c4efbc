/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the options of a call over D-Bus mean: which QEMU, which definition. Workers only. */
#pragma once

#include "daemon/dbus-verbs.h"

/* The absolute path of the QEMU called @name, a path or the name of an installed one (NULL: none),
 * into @path (transfer full). INVALID_ARG for a name that is not installed; ACCESS_DENIED for a
 * path that is not, when the caller is not trusted. */
gboolean virtcpu_dbus_choose_binary(const VirtCpuDbusRequest *request, const char *name,
                                    char **path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What the QEMU called @name (NULL: the one that runs this host's guests) can do under option
 * "virt-type" (transfer full). Errors: likewise, and those of virtcpu_qemu_choose. */
VirtCpuQemuCaps *virtcpu_dbus_choose_caps(const VirtCpuDbusRequest *request, const char *name,
                                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* FALSE with INVALID_ARG unless there is one of the options "definition" and "domain", or, in their
 * place, @another. */
gboolean virtcpu_dbus_check_subject(const VirtCpuDbusRequest *request, gboolean another,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The definition in option "definition", or of the domain that option "domain" names: of its QEMU
 * while it runs (transfer full). Errors: those of virtcpu_subject_parse; NO_DOMAIN; ACCESS_DENIED
 * for an emulator that is not installed, when the caller is not trusted. */
VirtCpuDomainDef *virtcpu_dbus_choose_subject(const VirtCpuDbusRequest *request,
                                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The form in option "form"; DEFAULT without it. INVALID_ARG for an unknown one. */
gboolean virtcpu_dbus_choose_form(const VirtCpuDbusRequest *request, VirtCpuCpuForm *form,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
