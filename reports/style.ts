/** Colours and layout of every report: light and dark by the reader's setting, one column on a phone, black on white in print. */

import { figures } from './figures-style.ts';

/** CSS variables; plots and pages use nothing else, so that one SVG serves both themes. */
export const themes = `
:root{--paper:#fbfbfa;--card:#ffffff;--ink:#1d2330;--soft:#5b6475;--line:#e3e5ea;--grid:#eceef2;--candidate:#1f6feb;--champion:#c2660c;
--good:#12703f;--good-back:#e4f5ea;--bad:#b3261e;--bad-back:#fdeceb;--open:#7a5200;--open-back:#fdf3dc;--heat:#1f6feb;--current:#1f5fd0;--reference:#8d97a8;--fill:#1f5fd033}
@media (prefers-color-scheme:dark){:root{--paper:#0f1218;--card:#171b23;--ink:#e6e9ef;--soft:#9aa4b5;--line:#2a303c;--grid:#252b36;--candidate:#6ea8ff;--champion:#f0a04b;
--good:#69d391;--good-back:#12281c;--bad:#ff8f87;--bad-back:#331817;--open:#f0c365;--open-back:#2e2410;--heat:#6ea8ff;--current:#7db0ff;--reference:#7c879b;--fill:#7db0ff33}}
@media print{:root{--paper:#fff;--card:#fff;--ink:#000;--soft:#444;--line:#bbb;--grid:#ddd;--candidate:#0b4fb5;--champion:#9a4d00;
--good:#0a5a30;--good-back:#fff;--bad:#8f1a14;--bad-back:#fff;--open:#5f4000;--open-back:#fff;--heat:#0b4fb5;--current:#0b4fb5;--reference:#999;--fill:#0b4fb522}}`;

export const style = `${themes}
*{box-sizing:border-box}
html{color-scheme:light dark;-webkit-text-size-adjust:100%}
body{margin:0;overflow-wrap:break-word;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main{max-width:1060px;margin:0 auto;padding:28px 20px 56px}
h1{font-size:1.5rem;line-height:1.25;margin:0 0 4px;letter-spacing:-.01em;overflow-wrap:anywhere}
h2{font-size:1.1rem;margin:0 0 12px;letter-spacing:-.005em}
h3{font-size:1rem;margin:16px 0 8px}h3 .why{color:var(--soft);font-weight:400;font-size:.875rem}
p{margin:0 0 10px}
.lead{color:var(--soft);margin:0 0 20px;overflow-wrap:anywhere}
.card{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:20px;margin:0 0 16px;min-width:0}
.note{color:var(--soft);font-size:.875rem;margin:10px 0 0}
.banner{border-left:6px solid var(--soft)}
.banner .word{font-size:1.35rem;font-weight:700;margin:0 0 6px}
.banner{display:flex;flex-wrap:wrap;gap:18px 28px;align-items:center}.banner>div{flex:1 1 380px;min-width:0}.banner>figure{flex:0 1 330px}
.banner ul{margin:0;padding-left:1.2em}.banner li{margin:4px 0}.banner li:first-child{font-weight:600}
.answers{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,400px),1fr));gap:18px 32px}.answers>div{min-width:0}
.answers h2{margin:0 0 6px}.answers ul{margin:0;padding-left:1.2em}.answers li{margin:3px 0;overflow-wrap:anywhere}
.notes{margin:14px 0 0;padding-left:1.2em;color:var(--soft);font-size:.925rem}
.passed{border-left-color:var(--good);background:var(--good-back)}.passed .word{color:var(--good)}
.refused{border-left-color:var(--bad);background:var(--bad-back)}.refused .word{color:var(--bad)}
.inconclusive,.needs-approval{border-left-color:var(--open);background:var(--open-back)}.inconclusive .word,.needs-approval .word{color:var(--open)}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,290px),1fr));gap:20px}
.beside{display:flex;flex-wrap:wrap;gap:20px 32px;align-items:flex-start}.beside>.scroll{flex:1 1 420px}.beside>figure{flex:0 1 350px}
figure{margin:0;min-width:0}figcaption{font-weight:600;margin:0 0 6px}
figure svg{display:block;max-width:100%;height:auto}
.scroll{overflow-x:auto;-webkit-overflow-scrolling:touch}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:.925rem}
th,td{padding:7px 12px 7px 0;border-bottom:1px solid var(--line);text-align:left;vertical-align:baseline}
th.number,td.number{text-align:right;white-space:nowrap}.number+th:not(.number),.number+td:not(.number){padding-left:12px}
thead th{color:var(--soft);font-weight:600;white-space:nowrap}.verdict{white-space:nowrap}
tbody tr:last-child>*{border-bottom:0}
tbody th{font-weight:600}
td:last-child,th:last-child{padding-right:0}
td .why{display:block;color:var(--soft);font-weight:400;font-size:.8125rem}
th .why{display:block;color:var(--soft);font-weight:400;font-size:.8125rem}
thead button{all:unset;cursor:pointer;font:inherit;color:inherit}
thead button:hover{color:var(--ink)}thead button:focus-visible,a:focus-visible{outline:2px solid var(--candidate);outline-offset:2px;border-radius:3px}
th[aria-sort=ascending] button::after{content:" ↑"}th[aria-sort=descending] button::after{content:" ↓"}
.better{color:var(--good)}.worse{color:var(--bad)}
.key{display:flex;flex-wrap:wrap;gap:6px 18px;margin:0 0 12px;font-size:.875rem;color:var(--soft)}
.key span::before{content:"";display:inline-block;width:18px;height:0;border-top:3px solid;margin-right:7px;vertical-align:middle}
.key .candidate::before{border-color:var(--candidate)}.key .champion::before{border-color:var(--champion);border-top-style:dashed}
dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:4px 18px;margin:0;font-size:.925rem}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
code{font:.875em/1.4 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
${figures}
@media (max-width:560px){main{padding:18px 12px 40px}.card{padding:15px 14px;border-radius:10px}h1{font-size:1.3rem}dl{grid-template-columns:1fr;gap:0}dd{margin:0 0 8px}table{font-size:.8125rem}thead th,thead th.number{white-space:normal;vertical-align:bottom}th,td{padding-right:10px}th .why{display:none}td .why{white-space:normal}td .why.wide{display:none}}
@media print{body{font-size:11pt}main{max-width:none;padding:0}.card{break-inside:avoid;border-radius:0}thead button::after{content:""!important}.scroll{overflow:visible}}`;
