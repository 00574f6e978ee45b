#!/usr/bin/python3
"""WebKit (Safari's engine) in a window of its own, driven by WebKitWebDriver.

MiniBrowser, which Debian brings, is a private window whenever it is driven: no disk. Here WEBKIT_WINDOW says
`ordinary` or `private`. WEBKIT_FEATURES names what is off in Debian's WebKit and on in Safari. Below WEBKIT_FOLDER: `profile/` on the disk, `saved/` with
what pages save, and `log`, which has the console of every page.
"""
import os

FOLDER = os.environ['WEBKIT_FOLDER']
# The driver sends the output of its browser nowhere.
log = os.open(os.path.join(FOLDER, 'log'), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
os.dup2(log, 1)
os.dup2(log, 2)

import gi

gi.require_version('Gtk', '3.0')
gi.require_version('WebKit2', '4.1')
from gi.repository import GLib, Gtk, WebKit2


def data_manager():
    if os.environ['WEBKIT_WINDOW'] == 'private':
        return WebKit2.WebsiteDataManager.new_ephemeral()
    profile = os.path.join(FOLDER, 'profile')
    return WebKit2.WebsiteDataManager(base_data_directory=profile, base_cache_directory=profile + '/cache')


def settings():
    made = WebKit2.Settings(enable_write_console_messages_to_stdout=True)
    wanted = set(os.environ['WEBKIT_FEATURES'].split())
    features = WebKit2.Settings.get_all_features()
    for feature in map(features.get, range(features.get_length())):
        if feature.get_identifier() in wanted:
            made.set_feature_enabled(feature, True)
            wanted.remove(feature.get_identifier())
    if wanted:
        raise SystemExit(f'this WebKit does not know {wanted}')
    return made


# Of private windows, WebKit writes no console.
TELL_ERRORS = """
  const tell = text => webkit.messageHandlers.complain.postMessage(String(text))
  const plain = console.error
  console.error = (...parts) => { tell(parts.join(' ')); plain.apply(console, parts) }
  addEventListener('error', ({ message }) => message && tell(message))
  addEventListener('unhandledrejection', ({ reason }) => tell(reason))
"""


def content_manager():
    manager = WebKit2.UserContentManager()
    if os.environ['WEBKIT_WINDOW'] != 'private':
        return manager
    manager.register_script_message_handler('complain')
    handler = 'script-message-received::complain'
    manager.connect(
        handler,
        lambda _manager, result: print('CONSOLE ERROR', result.get_js_value().to_string(), flush=True),
    )
    everywhere, at_once = WebKit2.UserContentInjectedFrames.ALL_FRAMES, WebKit2.UserScriptInjectionTime.START
    manager.add_script(WebKit2.UserScript.new(TELL_ERRORS, everywhere, at_once, None, None))
    return manager


def open_view(_session):
    view = WebKit2.WebView(
        web_context=context,
        settings=settings(),
        user_content_manager=content_manager(),
        is_controlled_by_automation=True,
    )
    window = Gtk.Window(default_width=1280, default_height=1000)
    window.add(view)
    window.show_all()
    view.connect('close', lambda _view: window.destroy())
    return view


def start_session(_context, session):
    information = WebKit2.ApplicationInfo()
    information.set_name('tabseed-test')
    session.set_application_info(information)
    session.connect('create-web-view', open_view)


def keep_download(_context, download):
    """Below its name only when it is whole."""
    failures = []

    def decide(_download, name):
        download.set_allow_overwrite(True)
        download.set_destination(GLib.filename_to_uri(os.path.join(FOLDER, 'saved', name + '.part'), None))
        return True

    def finish(_download):
        if download.get_destination() is None:
            return
        part, _host = GLib.filename_from_uri(download.get_destination())
        if failures:
            os.path.exists(part) and os.remove(part)
        else:
            os.rename(part, part.removesuffix('.part'))

    download.connect('decide-destination', decide)
    download.connect('failed', lambda _download, error: failures.append(error))
    download.connect('finished', finish)


context = WebKit2.WebContext.new_with_website_data_manager(data_manager())
context.set_automation_allowed(True)
context.connect('automation-started', start_session)
context.connect('download-started', keep_download)
Gtk.main()
