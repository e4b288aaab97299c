#!/usr/bin/python3
"""A bare window of WebKitGTK for WebKitWebDriver: as narrow as a phone, and told through the socket PATH, a JSON line at a
time, what WebDriver has no words for. It ends when the socket does. GTK is called by ctypes: Debian's libraries as they
come with the driver, where PyGObject would want a dozen packages more.
"""
import ctypes
import json
import os
import socket
import sys

POINTER = ctypes.c_void_p
LIBRARY = ctypes.CDLL("libwebkit2gtk-4.1.so.0")  # GTK's and GLib's functions are found through it.
TOPLEVEL, READABLE, HANG_UP, NO_PROXY, CUSTOM_PROXY, FULL_DOCUMENT = 0, 1, 16, 1, 2, 1
NOBODY = b"http://127.0.0.1:9"


def call(name, *arguments):
    function = getattr(LIBRARY, name)
    function.restype = POINTER
    return POINTER(function(*arguments))


def callback(result, *kinds):
    def kept(function):
        made = ctypes.CFUNCTYPE(result, *kinds)(function)
        KEPT.append(made)
        return made

    return kept


KEPT, WINDOWS, VIEWS = [], [], []
call("gtk_init", None, None)
CONTEXT = call("webkit_web_context_new_ephemeral")
SETTINGS = call("webkit_settings_new")
call("webkit_web_context_set_automation_allowed", CONTEXT, 1)


def show(window):
    """Nothing but this program manages windows here: it gives the focus, too."""
    call("gtk_widget_show_all", window)
    call("gdk_window_focus", call("gtk_widget_get_window", window), 0)


@callback(POINTER, POINTER, POINTER)
def create_view(_session, _data):
    properties = [b"web-context", CONTEXT, b"settings", SETTINGS, b"is-controlled-by-automation", 1, None]
    view, window = call("g_object_new", call("webkit_web_view_get_type"), *properties), call("gtk_window_new", TOPLEVEL)
    WINDOWS.append(window)
    VIEWS.append(view)
    call("gtk_container_add", window, view)
    call("gtk_window_resize", window, 1000, 1200)
    show(window)
    return view.value


@callback(None, POINTER, POINTER, POINTER)
def automation_started(_context, session, _data):
    call("g_signal_connect_data", POINTER(session), b"create-web-view", create_view, None, None, 0)


def be(order):
    """Size, languages, user agent, and whether it is dark, still, hidden, offline or without scripts."""
    gtk = call("gtk_settings_get_default")
    if size := order.get("size"):
        for window in WINDOWS:
            call("gtk_window_resize", window, *size)
    if languages := order.get("languages"):
        array = (ctypes.c_char_p * (len(languages) + 1))(*(one.encode() for one in languages), None)
        call("webkit_web_context_set_preferred_languages", CONTEXT, array)
    if agent := order.get("agent"):
        call("webkit_settings_set_user_agent", SETTINGS, agent.encode())
    if "dark" in order:
        call("g_object_set", gtk, b"gtk-application-prefer-dark-theme", int(order["dark"]), None)
    if "still" in order:
        call("g_object_set", gtk, b"gtk-enable-animations", int(not order["still"]), None)
    if "hidden" in order:
        for window in WINDOWS:
            call("gtk_widget_hide", window) if order["hidden"] else show(window)
    if "scripts" in order:
        call("webkit_settings_set_enable_javascript_markup", SETTINGS, int(order["scripts"]))
    if "offline" in order:
        proxy = call("webkit_network_proxy_settings_new", NOBODY, None) if order["offline"] else None
        manager = call("webkit_web_context_get_website_data_manager", CONTEXT)
        call("webkit_website_data_manager_set_network_proxy_settings", manager, CUSTOM_PROXY if proxy else NO_PROXY, proxy)


def answer():
    LINES.write(f"{os.getpid()}\n")
    LINES.flush()


@callback(None, POINTER, POINTER, ctypes.c_char_p)
def pictured(view, result, path):
    surface = call("webkit_web_view_get_snapshot_finish", POINTER(view), POINTER(result), None)
    call("cairo_surface_write_to_png", surface, path)
    call("cairo_surface_destroy", surface)
    answer()


@callback(ctypes.c_int, ctypes.c_int, ctypes.c_int, POINTER)
def told(_descriptor, _condition, _data):
    line = LINES.readline()
    if not line:
        call("gtk_main_quit")
        return 0
    order = json.loads(line)
    if path := order.get("picture"):
        # Of the whole page: WebDriver's is of what is drawn already.
        KEPT[:] = [one for one in KEPT if not isinstance(one, bytes)] + [path.encode()]
        call("webkit_web_view_get_snapshot", VIEWS[-1], FULL_DOCUMENT, 0, None, pictured, KEPT[-1])
        return 1
    be(order)
    answer()
    return 1


SOCKET = socket.socket(socket.AF_UNIX)
SOCKET.connect(sys.argv[1])
LINES = SOCKET.makefile("rw")
call("g_signal_connect_data", CONTEXT, b"automation-started", automation_started, None, None, 0)
call("g_unix_fd_add_full", 0, SOCKET.fileno(), READABLE | HANG_UP, told, None, None)
call("gtk_main")
