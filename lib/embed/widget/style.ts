/**
 * Style sheet of the shadow tree. The page can change colours and shape by `--tabseed-…` (docs/embedding.md); none of its other
 * text styles apply. Sizes start from the person's own font size, because the root's may be set for arithmetic (`62.5%`, `10vw`).
 * `column-rule-color` shows nothing here: it lets scripts read which colour scheme is in use.
 */
export const STYLE = `
:host{display:block;max-width:448px;color-scheme:inherit;column-rule-color:light-dark(#000,#fff)}
:host([hidden]){display:none}
:host([mode=button]){display:inline-block;vertical-align:top}
:host([mode=player]){max-width:768px}
*{box-sizing:border-box;margin:0;font:inherit}
[hidden]{display:none!important}
.box{
all:initial;
--accent:var(--tabseed-accent,light-dark(#1d6f3a,#83d398));
--on-accent:var(--tabseed-on-accent,light-dark(#fff,#0d2414));
--surface:var(--tabseed-surface,light-dark(#fff,#1f1d19));
--ink:var(--tabseed-ink,light-dark(#211f1b,#f2eee6));
--muted:var(--tabseed-muted,light-dark(#635c51,#b3aa9b));
--line:var(--tabseed-line,light-dark(#e3dccf,#37332c));
--edge:var(--tabseed-edge,light-dark(#8d8577,#82796a));
--radius:var(--tabseed-radius,.625em);
box-sizing:border-box;display:grid;gap:.75em;color:var(--ink);color-scheme:inherit;visibility:inherit;font-size:medium;line-height:1.45;font-family:var(--tabseed-font,inherit);font-variant-numeric:tabular-nums}
.light{color-scheme:light}
.dark{color-scheme:dark}
.card,.player{background:var(--surface);border:1px solid var(--line);border-radius:calc(var(--radius)*2);padding:1em}
.box.link{background:none;border:0;padding:.25em 0 0}
.name{font-weight:700;overflow-wrap:anywhere;unicode-bidi:plaintext}
.line,.meta,.text,.hash{color:var(--muted);font-size:.875em;overflow-wrap:anywhere}
.row{display:flex;flex-wrap:wrap;align-items:center;gap:.5em 1em}
button{min-height:2.75em;padding:.5em 1.25em;border:0;border-radius:var(--radius);background:var(--accent);color:var(--on-accent);font-weight:600;cursor:pointer;overflow-wrap:anywhere}
button[aria-disabled=true]{cursor:default;opacity:.75}
a{color:inherit;padding:.625em 0}
.bar{height:.5em;border-radius:99px;background:var(--line);overflow:hidden}
.fill{height:100%;background:var(--accent);transform-origin:0 0;transition:transform .14s}
[dir=rtl] .fill{transform-origin:100% 0}
.address{width:100%;min-height:2.75em;padding:.5em .75em;border:1px solid var(--edge);border-radius:var(--radius);background:var(--surface);color:inherit;text-overflow:ellipsis}
.up{display:flex;gap:.75em;align-items:center;min-height:2.75em;cursor:pointer}
.switch{appearance:none;flex:none;width:2.75em;height:1.5em;padding:2px;border:2px solid var(--edge);border-radius:99px;background:var(--surface);cursor:pointer}
.switch::before{content:"";display:block;width:1em;height:1em;border-radius:99px;background:var(--edge);transition:translate .14s}
.switch:checked{background:var(--accent);border-color:var(--accent)}
.switch:checked::before{background:var(--on-accent);translate:1.25em}
[dir=rtl] .switch:checked::before{translate:-1.25em}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.error .line{color:light-dark(#a52a1f,#ff9d90)}
.said{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
iframe{display:block;width:100%;border:0;color-scheme:inherit}
@media (prefers-reduced-motion:reduce){*{transition:none!important}}
@media (forced-colors:active){.bar{border:1px solid}.fill{background:Highlight;forced-color-adjust:none}button{border:1px solid}}
`
