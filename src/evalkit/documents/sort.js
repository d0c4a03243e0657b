// Tables sort by a click on a heading (its words stay outside the button, since browsers print no buttons in heads
// that are repeated): numbers by value, words in Chinese order, empty cells last, totals stay.
document.querySelectorAll('table[data-sort]').forEach(function(table){
var body=table.tBodies[0],heads=[].slice.call(table.tHead.rows[table.tHead.rows.length-1].cells);
[].slice.call(table.querySelectorAll('thead th[data-col]')).forEach(function(th){
var col=+th.dataset.col,b=document.createElement('button');b.type='button';
b.setAttribute('aria-label',(document.documentElement.lang==='en'?'Sort by ':'排序：')+th.textContent);th.appendChild(b);
th.addEventListener('click',function(){
var down=th.getAttribute('aria-sort')==='descending',sign=down?1:-1;
table.querySelectorAll('th[aria-sort]').forEach(function(o){o.removeAttribute('aria-sort')});
th.setAttribute('aria-sort',down?'ascending':'descending');
var rows=[].slice.call(body.rows),fixed=rows.filter(function(r){return r.className==='total'});
rows=rows.filter(function(r){return r.className!=='total'});
rows.sort(function(p,q){var x=p.cells[col],y=q.cells[col],a=x.dataset.v,b=y.dataset.v;
if(a!==undefined&&b!==undefined)return sign*(a-b);
if(a!==undefined)return -1;if(b!==undefined)return 1;
a=x.textContent.trim();b=y.textContent.trim();var e=/^(—|)$/;
if(e.test(a)||e.test(b))return e.test(a)-e.test(b);
return sign*a.localeCompare(b,'zh-CN',{numeric:true})});
rows.concat(fixed).forEach(function(r){body.appendChild(r)})})})});
