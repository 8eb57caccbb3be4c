/** Tiles, sparklines, bars, cards. */
export const figures = `
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
[hidden]{display:none!important}
.scroll,.cards>article{position:relative}
.name{overflow-wrap:anywhere}.faint{color:var(--soft);font-style:italic}
.plain{border-left-color:var(--current)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(128px,1fr));gap:12px;margin:0 0 16px}
.tiles>div{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:12px 14px;min-width:0}
.tiles dt{font-size:.8125rem;overflow-wrap:anywhere}.tiles dd{font-size:1.375rem;font-weight:650;letter-spacing:-.01em;line-height:1.25;font-variant-numeric:tabular-nums}
.tiles small{display:block;color:var(--soft);font-size:.8125rem;font-weight:400;letter-spacing:0}
.tiles .bad dd{color:var(--bad)}.tiles .bad small{color:var(--bad)}
.find{display:block;margin:0 0 12px}.find input{font:inherit;font-size:.925rem;color:inherit;background:var(--paper);border:1px solid var(--soft);border-radius:8px;padding:6px 10px;width:100%;max-width:320px}
.find input:focus-visible,.scroll:focus-visible,summary:focus-visible{outline:2px solid var(--current);outline-offset:2px}
.find input::placeholder{color:var(--soft);opacity:1}
@media (min-width:561px){.stacked tbody td,.stacked tbody th{vertical-align:middle}.stacked tbody th{min-width:150px}.stacked tbody td:not(.number){overflow-wrap:anywhere}}
svg.champions{display:block;width:100%;height:120px;margin:0 0 4px}.champions+.axis{margin-bottom:14px}.champions .steps{fill:none;stroke:var(--candidate);stroke-width:2;vector-effect:non-scaling-stroke}.champions .back{fill:none;stroke:var(--bad);stroke-width:9;stroke-linecap:round;vector-effect:non-scaling-stroke}
.spark{display:block;width:132px;height:34px;overflow:visible}svg.spark.large{width:100%;height:104px}
.spark .ref{fill:var(--reference);fill-opacity:.55}.spark .cur{fill:var(--current)}
.spark .line{fill:var(--fill);stroke:var(--current);stroke-width:1.75;vector-effect:non-scaling-stroke;stroke-linejoin:round}
.shape{border-bottom:0}.shape .axis{border-top:1px solid var(--line)}
.key.areas span::before{width:14px;height:12px;border:0;border-radius:2px}
.key.areas .current::before{background:var(--fill);box-shadow:inset 0 0 0 2px var(--current)}.key.areas .reference::before{background:var(--reference);opacity:.7}
.key.lines .current::before{border-color:var(--current)}.key.lines .reference::before{border-color:var(--reference);border-top-style:dashed}
.values{list-style:none;margin:0;padding:0;font-size:.8125rem}
.values li{display:grid;grid-template-columns:minmax(0,34%) 1fr max-content;gap:8px;align-items:center;padding:2px 0}
.values .what{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}.values .share{text-align:right;font-variant-numeric:tabular-nums;line-height:1.15}
.values small{display:block;color:var(--soft);font-size:.6875rem}
.values .both{display:block}.values i{display:block;height:7px;border-radius:2px;min-width:1px}.values i.cur{background:var(--current)}.values i.ref{background:var(--reference);opacity:.7;margin-top:2px}
.meter{display:flex;align-items:center;gap:8px;justify-content:flex-end}
.meter>span:first-child{position:relative;flex:0 0 84px;height:8px;border-radius:4px;background:var(--grid)}
.meter>span:last-child{min-width:76px}
.meter i{position:absolute;left:0;top:0;bottom:0;border-radius:4px;background:var(--reference)}.meter i.over{background:var(--bad)}
.meter b{position:absolute;top:-3px;bottom:-3px;width:2px;background:var(--ink)}
.spark .over{fill:var(--bad)}.spark .limit{fill:none;stroke:var(--ink);stroke-opacity:.55;stroke-width:1;stroke-dasharray:4 3;vector-effect:non-scaling-stroke}.spark.strip{width:220px;max-width:46vw}
.timeline ol{position:relative;list-style:none;display:flex;align-items:flex-end;gap:2px;height:100px;margin:0;padding:0;border-bottom:1px solid var(--line)}
.timeline ol::after{content:"";position:absolute;left:0;right:0;bottom:var(--limit);border-top:1px dashed var(--ink);opacity:.55}
.timeline li{flex:1 1 0;display:flex;align-items:flex-end;min-width:1px}.timeline .bar{display:block;width:100%;background:var(--reference);border-radius:2px 2px 0 0}.timeline .bar.over{background:var(--bad)}
.axis{display:flex;justify-content:space-between;gap:8px;padding-top:3px;color:var(--soft);font-size:.75rem;font-variant-numeric:tabular-nums}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,300px),1fr));gap:16px}
.cards>article{border:1px solid var(--line);border-radius:10px;padding:14px;min-width:0;break-inside:avoid;scroll-margin-top:12px}
.cards>article:target{outline:2px solid var(--current)}
.cards h3{font-size:.975rem;margin:0 0 2px;overflow-wrap:anywhere}.cards .kind{color:var(--soft);font-size:.8125rem;margin:0 0 10px}
.cards table,.small table{font-size:.8125rem}.cards th,.cards td{padding:3px 8px 3px 0}.cards table{margin-top:10px}.cards td.number,.small td.number{white-space:normal;overflow-wrap:anywhere}
.meter.left{justify-content:flex-start}.meter.left>span:first-child{flex:0 0 120px}.meter.left i{left:0}
.cards.failures{grid-template-columns:repeat(auto-fill,minmax(min(100%,420px),1fr))}
.wide{display:grid;gap:24px}.key .limit::before{border-top:2px dashed var(--bad)}.key .alarm::before{content:"▲";border:0;color:var(--bad);height:auto;width:auto;font-size:.7em;vertical-align:1px}
.line{display:block;padding:1px 0}
.tag{display:inline-block;font-size:.75rem;font-weight:600;border-radius:5px;padding:1px 7px;border:1px solid currentColor;white-space:nowrap}
.tag.good{color:var(--good)}.tag.bad{color:var(--bad)}.tag.open{color:var(--open)}.tag.soft{color:var(--soft)}
a{color:inherit;text-decoration-color:var(--soft);text-underline-offset:2px}a:hover{text-decoration-color:currentColor}
.heat{font-size:.75rem;border-collapse:separate;border-spacing:2px;width:auto;margin:0}.heat td{width:34px;min-width:34px;height:30px;padding:0;text-align:center;border:0;border-radius:4px;vertical-align:middle}
.heat th{border:0;padding:0 6px 0 0;font-weight:400;max-width:150px;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}.heat thead th{max-width:34px;width:34px;padding:0;text-align:center;vertical-align:bottom}
.heat thead span{writing-mode:vertical-rl;transform:rotate(180deg);max-height:110px;overflow:hidden;text-overflow:ellipsis;display:inline-block;line-height:30px}
.heat .pos{background:color-mix(in srgb,var(--current) calc(var(--v)*52%),transparent)}.heat .neg{background:color-mix(in srgb,var(--champion) calc(var(--v)*52%),transparent)}
details>summary{cursor:pointer;color:var(--soft);font-size:.875rem}details[open]>summary{margin-bottom:8px}
pre{margin:0;white-space:pre-wrap;overflow-wrap:anywhere;font:.8125rem/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
@media (max-width:560px){.stacked,.stacked tbody,.stacked tr{display:block}.stacked thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.stacked tr{border-bottom:1px solid var(--line);padding:8px 0}.stacked tbody th{display:block;border:0;padding:0 0 4px;text-align:left}
.stacked tbody td,.stacked tbody td.number{display:flex;justify-content:space-between;gap:12px;border:0;padding:2px 0;text-align:right;white-space:normal;align-items:center}
.stacked td[data-label]::before{content:attr(data-label);color:var(--soft);text-align:left}.stacked td:empty{display:none!important}
.tiles{grid-template-columns:repeat(2,minmax(0,1fr));gap:8px}.tiles dd{font-size:1.15rem}.find input{max-width:none}}
@media print{.find{display:none}.cards{grid-template-columns:repeat(3,1fr)}.spark .ref,.spark .cur,.values i,.meter i,.heat td,.tiles>div{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
`;
