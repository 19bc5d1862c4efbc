/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The devices of a domain. Each struct begins with its VirtCpuDeviceInfo, so a pointer to a device
 * is a pointer to what all devices have. */
#pragma once

#include "conf/disk-tune.h"
#include "conf/domain-address.h"
#include "conf/graphics-spice.h"
#include "conf/mac.h"

/* In libvirt's order of writing. */
typedef enum {
    VIRTCPU_DEVICE_DISK,
    VIRTCPU_DEVICE_CONTROLLER,
    VIRTCPU_DEVICE_NET,
    VIRTCPU_DEVICE_SERIAL,
    VIRTCPU_DEVICE_CONSOLE,
    VIRTCPU_DEVICE_CHANNEL,
    VIRTCPU_DEVICE_INPUT,
    VIRTCPU_DEVICE_GRAPHICS,
    VIRTCPU_DEVICE_AUDIO,
    VIRTCPU_DEVICE_VIDEO,
    VIRTCPU_DEVICE_WATCHDOG,
    VIRTCPU_DEVICE_MEMBALLOON,
    VIRTCPU_DEVICE_RNG,
    VIRTCPU_DEVICE_LAST,
} VirtCpuDeviceKind;

/* What every device has. */
typedef struct {
    VirtCpuDeviceKind kind;
    long line;              /* of its element; 0: not from XML */
    VirtCpuAddress address; /* assigned by virtcpu_devices_assign */
    char *alias;            /* "virtio-disk0" in live XML, else NULL; "ua-…" is the user's own */
    unsigned boot_order;    /* 0: none */
} VirtCpuDeviceInfo;

typedef enum {
    VIRTCPU_BUS_VIRTIO,
    VIRTCPU_BUS_IDE,
    VIRTCPU_BUS_SATA,
    VIRTCPU_BUS_SCSI,
    VIRTCPU_BUS_USB,
    VIRTCPU_BUS_LAST
} VirtCpuDiskBus;

/* <source startupPolicy=>: what a disk without its medium means for the start of its guest. */
typedef enum {
    VIRTCPU_STARTUP_DEFAULT, /* not written: as mandatory */
    VIRTCPU_STARTUP_MANDATORY,
    VIRTCPU_STARTUP_REQUISITE, /* of drives: as mandatory, unless the guest comes from elsewhere */
    VIRTCPU_STARTUP_OPTIONAL,
    VIRTCPU_STARTUP_LAST,
} VirtCpuStartupPolicy;

/* <disk>. */
typedef struct {
    VirtCpuDeviceInfo info;
    char *device; /* "disk" or "cdrom" */
    VirtCpuDiskBus bus;
    gboolean is_block; /* type='block': the source is a device of the host */
    char *source;      /* NULL: an empty drive */
    char *format;      /* "raw", "qcow2" */
    char *target;      /* "vda" */
    char *serial;      /* or NULL */
    char *cache;       /* driver cache=, or NULL */
    char *io;          /* driver io=, or NULL */
    char *discard;     /* driver discard=, or NULL */
    VirtCpuStartupPolicy startup;
    gboolean readonly, shareable;
    VirtCpuDiskTune tune;
    unsigned iothread;    /* driver iothread=; 0: none */
    unsigned node;        /* live: the number in the names of its block nodes; 0: it has none */
    VirtCpuTristate tray; /* live: YES when the tray of a drive is open */
} VirtCpuDiskDef;

/* <controller type=>. */
typedef enum {
    VIRTCPU_CONTROLLER_IDE,
    VIRTCPU_CONTROLLER_SATA,
    VIRTCPU_CONTROLLER_SCSI,
    VIRTCPU_CONTROLLER_USB,
    VIRTCPU_CONTROLLER_VIRTIO_SERIAL,
    VIRTCPU_CONTROLLER_PCI,
    VIRTCPU_CONTROLLER_LAST,
} VirtCpuControllerType;

/* <controller>. Numbers that were not written and are not filled in are -1. */
typedef struct {
    VirtCpuDeviceInfo info;
    VirtCpuControllerType type;
    int index;
    char *model;                       /* "pcie-root-port", "virtio-scsi", …; or NULL */
    int ports, vectors;                /* virtio-serial; ports: USB, too */
    int master_startport;              /* first port of a USB companion controller */
    char *model_name;                  /* pci: <model name=>, the QEMU device, or NULL */
    int chassis, port, chassis_number; /* pci: <target> */
} VirtCpuControllerDef;

/* <interface type=>. */
typedef enum {
    VIRTCPU_NET_USER,
    VIRTCPU_NET_BRIDGE,   /* a tap device of the daemon's, in a bridge of the host */
    VIRTCPU_NET_ETHERNET, /* a tap device of the host, as it is */
    VIRTCPU_NET_LAST,
} VirtCpuNetType;

/* <interface>. */
typedef struct {
    VirtCpuDeviceInfo info;
    VirtCpuNetType type;
    char *bridge; /* type bridge: <source bridge=> */
    char *target; /* <target dev=>, the tap device, or NULL */
    guint8 mac[VIRTCPU_MAC_BYTES];
    gboolean has_mac;        /* always TRUE after virtcpu_domain_def_complete */
    char *model;             /* "virtio", "e1000", "rtl8139", … or NULL */
    VirtCpuTristate link_up; /* <link state=>; ABSENT: up */
} VirtCpuNetDef;

typedef enum {
    VIRTCPU_CHARDEV_PTY,
    VIRTCPU_CHARDEV_FILE,
    VIRTCPU_CHARDEV_UNIX,
    VIRTCPU_CHARDEV_NULL,
    VIRTCPU_CHARDEV_SPICEVMC, /* the agent's channel of SPICE */
    VIRTCPU_CHARDEV_LAST,
} VirtCpuChardevKind;

/* <serial>, <console> and <channel>. */
typedef struct {
    VirtCpuDeviceInfo info;
    VirtCpuChardevKind kind;
    char *path;      /* file and unix: as written; pty: filled in while running */
    gboolean append; /* file */
    gboolean listen; /* unix: mode='bind' */
    unsigned port;
    char *target_type; /* serial: "isa-serial"…; console: "serial" or "virtio"; channel: "virtio";
                          NULL before completion */
    char *target_model; /* <model name=>, or NULL */
    char *target_name;  /* channel: the port's name in the guest, or NULL */
} VirtCpuChardevDef;

/* <input>. */
typedef struct {
    VirtCpuDeviceInfo info;
    char *type; /* "tablet", "mouse", "keyboard" */
    char *bus;  /* "ps2", "usb", "virtio"; NULL before completion */
} VirtCpuInputDef;

/* <graphics>: VNC, or SPICE. */
typedef struct {
    VirtCpuDeviceInfo info;
    gboolean is_spice;
    guint8 spice[VIRTCPU_SPICE_OPTION_LAST]; /* 1 + index of the word; 0: not written */
    int port;                                /* -1: not fixed */
    gboolean autoport;
    char *listen;      /* address or NULL */
    char *socket;      /* UNIX path or NULL */
    char *password;    /* shown only with the SECURE flag; or NULL */
    char *keymap;      /* or NULL */
    unsigned audio_id; /* of its <audio>; 0: the first there is */
} VirtCpuGraphicsDef;

/* <audio type='none'>: where the sound of guests and clients ends. */
typedef struct {
    VirtCpuDeviceInfo info;
    unsigned id; /* 1 or more */
    char *type;  /* "none" */
} VirtCpuAudioDef;

/* <video>. */
typedef struct {
    VirtCpuDeviceInfo info;
    char *model;              /* "vga", "virtio", …; "none": no card */
    unsigned vram_kib, heads; /* 0: not given */
    unsigned qxl_ram_kib, qxl_vgamem_kib, qxl_vram64_kib; /* of model qxl; 0: not given */
} VirtCpuVideoDef;

/* <watchdog>. */
typedef struct {
    VirtCpuDeviceInfo info;
    char *model;  /* "i6300esb", "ib700", "diag288", "itco" */
    char *action; /* "reset", …; filled in */
} VirtCpuWatchdogDef;

/* <memballoon>. */
typedef struct {
    VirtCpuDeviceInfo info;
    char *model;       /* "virtio" or "none" */
    unsigned period_s; /* how often the guest is asked how its memory does; 0: never */
} VirtCpuMemballoonDef;

/* <rng model='virtio'>. */
typedef struct {
    VirtCpuDeviceInfo info;
    char *backend_path;                  /* NULL: /dev/random, as libvirt has it */
    unsigned rate_bytes, rate_period_ms; /* 0: no <rate> */
} VirtCpuRngDef;

/* A new device of @kind, all of it absent, -1 where the struct says so (transfer full). @line: of
 * its element, or 0. */
gpointer virtcpu_device_new(VirtCpuDeviceKind kind, long line) G_GNUC_WARN_UNUSED_RESULT;

/* Free @device, of any kind (may be NULL). */
void virtcpu_device_free(gpointer device);

/* A deep copy of @device, of any kind (transfer full). */
gpointer virtcpu_device_copy(gconstpointer device) G_GNUC_WARN_UNUSED_RESULT;

/* "disk", "interface": the element of @kind. */
const char *virtcpu_device_element(VirtCpuDeviceKind kind);

/* How messages name @device: "disk 'vda'", "controller 'usb' index '0'", "watchdog"; with its line
 * where it has one (transfer full). */
char *virtcpu_device_describe(gconstpointer device) G_GNUC_WARN_UNUSED_RESULT;

/* TRUE when @alias (may be NULL) is a name the user chose, which stays in the definition. */
gboolean virtcpu_device_is_user_alias(const char *alias);

/* "sdb" is 1, "vdaa" is 26: what follows the two letters of the bus in @target, in base 26. */
unsigned virtcpu_disk_target_number(const char *target);
